#![doc = "The edge's vocabulary: caller, permission, problem, checked bodies, mounts, signed identity."]
