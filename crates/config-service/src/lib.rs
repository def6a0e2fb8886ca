#![doc = "Applications, templates, providers, routes and keys."]
