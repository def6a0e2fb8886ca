//! What the doctor found.

use serde::Serialize;

use crate::print;

/// Open files below which a busy gateway runs out of sockets.
const FEWEST_FILES: u64 = 16_384;

/// One finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    verdict: Verdict,
    about: &'static str,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Fine,
    Warning,
    Fault,
}

/// All of them, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub fn fine(&mut self, about: &'static str, found: &str) {
        self.0.push(Finding { verdict: Verdict::Fine, about, found: found.to_owned(), advice: None });
    }

    pub fn warning(&mut self, about: &'static str, found: &str, advice: &str) {
        self.0.push(Finding { verdict: Verdict::Warning, about, found: found.to_owned(), advice: Some(advice.to_owned()) });
    }

    pub fn fault(&mut self, about: &'static str, found: &str, advice: &str) {
        self.0.push(Finding { verdict: Verdict::Fault, about, found: found.to_owned(), advice: Some(advice.to_owned()) });
    }

    /// A fault in production, a warning in development.
    pub fn unsafe_setting(&mut self, is_production: bool, about: &'static str, found: &str, advice: &str) {
        if is_production { self.fault(about, found, advice) } else { self.warning(about, found, advice) }
    }

    pub fn is_healthy(&self) -> bool {
        self.0.iter().all(|finding| finding.verdict != Verdict::Fault)
    }

    pub fn list(&self) -> &[Finding] {
        &self.0
    }

    pub fn print(&self) {
        for Finding { verdict, about, found, advice } in &self.0 {
            let mark = match verdict {
                Verdict::Fine => "✓",
                Verdict::Warning => "!",
                Verdict::Fault => "✗",
            };
            print::line(format_args!("{mark} {about:12} {found}"));
            if let Some(advice) = advice {
                print::line(format_args!("  {:12} → {advice}", ""));
            }
        }
        let faults = self.0.iter().filter(|finding| finding.verdict == Verdict::Fault).count();
        print::line(if faults == 0 { "\nNothing is in the way.".to_owned() } else { format!("\n{faults} in the way.") });
    }
}

/// What the operating system lets a process have.
pub fn look_at_limits(findings: &mut Findings) {
    match rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        Some(most) if most < FEWEST_FILES => {
            let found = format!("{most} open files and sockets are allowed");
            findings.warning("limits", &found, "allow 65536, with `ulimit -n` or LimitNOFILE=");
        }
        Some(most) => findings.fine("limits", &format!("{most} open files and sockets are allowed")),
        None => findings.fine("limits", "any number of open files and sockets is allowed"),
    }
}
