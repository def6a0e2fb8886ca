//! What an import says while it works and at its end.

use crate::print;

/// What was done, and what could not be carried over.
pub struct Report {
    is_dry: bool,
    made: usize,
    changed: usize,
    kept: usize,
    left: Vec<(String, String)>,
}

impl Report {
    pub fn new(is_dry: bool) -> Self {
        Self { is_dry, made: 0, changed: 0, kept: 0, left: Vec::new() }
    }

    /// Says how far it is.
    pub fn progress(&self, text: impl std::fmt::Display) {
        print::line(text);
    }

    /// Something was made, or would be.
    pub fn made(&mut self, what: &str, id: Option<&str>) {
        self.made += 1;
        match id {
            Some(id) => print::line(format_args!("  made     {what}  {id}")),
            None => print::line(format_args!("  to make  {what}")),
        }
    }

    /// Something was changed, or would be.
    pub fn changed(&mut self, what: &str) {
        self.changed += 1;
        print::line(format_args!("  {}  {what}", if self.is_dry { "to change" } else { "changed " }));
    }

    /// Something is here already.
    pub fn kept(&mut self, what: &str, id: &str) {
        self.kept += 1;
        print::line(format_args!("  kept     {what}  {id}"));
    }

    /// Something could not be carried over.
    pub fn left(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left.push((what.into(), why.into()));
    }

    /// Whether everything is here.
    pub fn is_complete(&self) -> bool {
        self.left.is_empty()
    }

    /// Says what it came to.
    pub fn conclude(&self) {
        let (made, changed) = if self.is_dry { ("to make", "to change") } else { ("made", "changed") };
        print::line(format_args!("{} {made}, {} {changed}, {} kept", self.made, self.changed, self.kept));
        if self.left.is_empty() {
            return;
        }
        print::line(format_args!("{} not carried over:", self.left.len()));
        for (what, why) in &self.left {
            print::line(format_args!("  {what}: {why}"));
        }
    }
}
