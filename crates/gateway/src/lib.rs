#![doc = "Who is calling, from where, and where it goes; console, API reference and simulator."]
