#![doc = "Send, resend, verify, cancel, status; and the vendor dialects."]
