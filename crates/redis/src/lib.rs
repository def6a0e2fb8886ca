#![doc = "Hot state in Redis: live PINs, counters, queues; one atomic script per change."]
