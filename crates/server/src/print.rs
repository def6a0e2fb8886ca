//! What commands say to people: results on standard output, complaints on standard error. The service itself logs.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints one line, or several. A reader that went away is no error of ours.
pub fn line(text: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a value as JSON, for scripts.
pub fn json(value: &serde_json::Value) {
    line(format_args!("{value:#}"));
}

/// Prints rows as columns under their titles.
pub fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        let longest = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        longest.max(titles[column].len())
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let print = |cells: [&str; N]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(padded.join("  ").trim_end());
    };
    print(titles);
    for row in rows {
        print(std::array::from_fn(|column| row[column].as_str()));
    }
}

/// Prints why a command failed: one line for each fault.
pub fn complaint(error: &anyhow::Error) {
    let mut output = io::stderr().lock();
    for line in format!("{error:#}").lines() {
        let _ = writeln!(output, "pinfold: {line}");
    }
}
