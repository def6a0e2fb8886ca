//! Templates: refused, or rendered once, with the PIN in it and values as they are.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use pinfold_core::pin::Pin;
use pinfold_core::segments::count;
use pinfold_core::template::Template;
use pinfold_core::wording::Wording;

const PIN: &str = "7261908453";

// The template, a zero, the value of its placeholders.
fuzz_target!(|texts: &str| {
    let (text, value) = texts.split_once('\0').unwrap_or((texts, "x"));
    if let Ok(template) = Template::parse(text, "{{pin}}") {
        let values: BTreeMap<String, String> = template.names().iter().map(|name| (name.clone(), value.to_owned())).collect();
        let pin = Pin::given(PIN);
        let rendered = template.render(&pin, &values);
        assert!(rendered.contains(PIN));
        let _ = (template.render_spoken(&pin, &values), template.render_html(&pin, &values), count(&rendered));
    }
    if let Ok(wording) = Wording::parse("text", text, "{code}", &[("{brand}", value)]) {
        assert!(wording.render(&Pin::given(PIN)).contains(PIN));
    }
});
