#![doc = "The worker: deliver, retry, fall back, record events."]
