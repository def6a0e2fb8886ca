//! Comma-separated values (RFC 4180) that no spreadsheet takes for a formula: a cell that begins like one gets an
//! apostrophe in front, and loses it again when it is read here.

/// What a cell must not begin with; a number in international form begins with `+`. The apostrophe is ours.
const ACTIVE: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// Appends one record.
pub fn push_record<'a>(text: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push('"');
        // Spreadsheets look behind leading blanks.
        if cell.trim_start_matches([' ', '\n', '\u{feff}']).starts_with(ACTIVE) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

/// Reads what [`push_record`] wrote; none when it is not that.
#[must_use]
pub fn read(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut records, mut record, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        rest = rest.strip_prefix('"')?;
        let mut cell = String::new();
        loop {
            let (part, behind) = rest.split_once('"')?;
            cell.push_str(part);
            rest = behind;
            let Some(behind) = rest.strip_prefix('"') else { break };
            cell.push('"');
            rest = behind;
        }
        record.push(cell.strip_prefix('\'').map_or_else(|| cell.clone(), str::to_owned));
        if let Some(behind) = rest.strip_prefix(',') {
            rest = behind;
        } else {
            rest = rest.strip_prefix("\r\n")?;
            records.push(std::mem::take(&mut record));
        }
    }
    record.is_empty().then_some(records)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for cell in ["=1+1", "+41793026727", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\n=1", "\u{feff}=1", "'=1", "\"=1\""] {
            let mut text = String::new();
            push_record(&mut text, [cell]);
            let inner = text.strip_prefix('"').expect("quoted").trim_start_matches([' ', '\n', '\u{feff}']);
            assert!(!inner.starts_with(['=', '+', '-', '@', '\t', '\r']), "{text:?}");
            assert_eq!(read(&text), Some(vec![vec![cell.to_owned()]]));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(records in prop::collection::vec(prop::collection::vec("[ -~\\t\\r\\n'\"=+é]{0,12}", 1..4), 0..4)) {
            let mut text = String::new();
            for record in &records {
                push_record(&mut text, record.iter().map(String::as_str));
            }
            prop_assert_eq!(read(&text), Some(records));
        }
    }
}
