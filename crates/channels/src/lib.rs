#![doc = "Ways to reach a person: one file per connector."]
