//! Makes what is wanted, unless it is here. What is refused for its bounds is left out and reported, where the rest can stand
//! without it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Args;
use super::compare::{at, differences, shown, take};
use super::report::Report;
use super::target::{Known, Target, Written};
use super::wanted::{WantedApplication, WantedMessage};

/// Without these there is no application or template.
const NEEDED: [&str; 6] = ["name", "messageText", "pinType", "pinPlaceholder", "emailTemplateId", "text"];

/// Carries all of it over.
///
/// # Errors
/// When Pinfold does not answer: what was made until then is found by the next run.
pub async fn carry(target: &Target, args: &Args, wanted: Vec<WantedApplication>, report: &mut Report) -> anyhow::Result<()> {
    let origins = target.origins().await?;
    let here = target.applications().await?;
    let claimed: HashSet<&str> =
        origins.values().filter(|known| known.message.is_none()).map(|known| known.application.as_str()).collect();
    let count = wanted.len();
    for (index, application) in wanted.iter().enumerate() {
        report.progress(format_args!("application {} of {count}: {}", index + 1, application.name));
        let is_free = |one: &&Value| !claimed.contains(id(one, "applicationId"));
        let found = match origins.get(&application.origin) {
            Some(known) => here.iter().find(|one| id(one, "applicationId") == known.application),
            None => here.iter().filter(is_free).find(|one| differences(&application.body, one).is_empty()),
        };
        let mut hand = Hand { args, report: &mut *report };
        let what = format!("application {}", application.name);
        let made = match found {
            Some(found) => {
                let found_id = id(found, "applicationId").to_owned();
                let write = async |body: &Value| target.write_application(Some(&found_id), body).await;
                hand.keep(&what, &found_id, &application.body, found, write).await?;
                Some((found_id, !origins.contains_key(&application.origin)))
            }
            None => {
                let write = async |body: &Value| target.write_application(None, body).await;
                hand.make(&what, "applicationId", &application.body, write).await?.map(|made| (made, true))
            }
        };
        let Some((made, is_new)) = made else {
            // A dry run says what would follow; what cannot be made takes its templates with it.
            if args.dry_run {
                application.messages.iter().for_each(|message| report.made(&label(message), None));
            }
            continue;
        };
        if is_new && !args.dry_run {
            target.say_origin(&application.origin, &made, None).await?;
        }
        messages(target, args, &made, &application.messages, &origins, report).await?;
    }
    Ok(())
}

async fn messages(
    target: &Target,
    args: &Args,
    application: &str,
    wanted: &[WantedMessage],
    origins: &HashMap<String, Known>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let here = target.messages(application).await?;
    let mut taken: HashSet<String> = origins.values().filter_map(|known| known.message.clone()).collect();
    for message in wanted {
        let known = origins.get(&message.origin).and_then(|known| known.message.as_deref());
        let is_free = |one: &&Value| !taken.contains(id(one, "messageId"));
        let found = match known {
            Some(known) => here.iter().find(|one| id(one, "messageId") == known),
            None => here.iter().filter(is_free).find(|one| differences(&message.body, one).is_empty()),
        };
        let (what, kind) = (label(message), message.kind);
        let mut hand = Hand { args, report: &mut *report };
        let made = match found {
            Some(found) => {
                let found_id = id(found, "messageId").to_owned();
                let write = async |body: &Value| target.write_message(application, kind, Some(&found_id), body).await;
                hand.keep(&what, &found_id, &message.body, found, write).await?;
                known.is_none().then_some(found_id)
            }
            None => {
                let write = async |body: &Value| target.write_message(application, kind, None, body).await;
                hand.make(&what, "messageId", &message.body, write).await?
            }
        };
        if let Some(made) = made
            && !args.dry_run
        {
            target.say_origin(&message.origin, application, Some(&made)).await?;
            taken.insert(made);
        }
    }
    Ok(())
}

fn label(message: &WantedMessage) -> String {
    format!("template {}", message.label)
}

fn id<'a>(view: &'a Value, name: &str) -> &'a str {
    view.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What is done to one thing.
struct Hand<'a> {
    args: &'a Args,
    report: &'a mut Report,
}

impl Hand<'_> {
    /// Makes a thing and gives its id; `None` in a dry run, and when it cannot be made.
    async fn make(
        &mut self,
        what: &str,
        id_name: &str,
        body: &Value,
        write: impl AsyncFn(&Value) -> anyhow::Result<Written>,
    ) -> anyhow::Result<Option<String>> {
        if self.args.dry_run {
            self.report.made(what, None);
            return Ok(None);
        }
        let Some(made) = self.write(what, body, write).await? else { return Ok(None) };
        let made = id(&made, id_name).to_owned();
        self.report.made(what, Some(&made));
        Ok(Some(made))
    }

    /// Leaves a thing as it is and says what differs, or changes it where that is asked for.
    async fn keep(
        &mut self,
        what: &str,
        found: &str,
        body: &Value,
        here: &Value,
        write: impl AsyncFn(&Value) -> anyhow::Result<Written>,
    ) -> anyhow::Result<()> {
        let differing = differences(body, here);
        if differing.is_empty() {
            self.report.kept(what, found);
        } else if self.args.update && self.args.dry_run {
            self.report.changed(what);
        } else if self.args.update {
            let after = self.write(what, body, write).await?;
            if after.is_some_and(|after| differences(&after, here).is_empty()) {
                self.report.kept(what, found);
            } else {
                self.report.changed(what);
            }
        } else {
            self.report.kept(what, found);
            for path in differing {
                let (there, here) = (shown(at(body, &path)), shown(at(here, &path)));
                self.report.left(what, format!("{path} is {there} there and {here} here; --update changes it, if it may"));
            }
        }
        Ok(())
    }

    /// Writes a body, and again without what is refused; `None` when it cannot be without that.
    async fn write(
        &mut self,
        what: &str,
        body: &Value,
        write: impl AsyncFn(&Value) -> anyhow::Result<Written>,
    ) -> anyhow::Result<Option<Value>> {
        let mut body = body.clone();
        loop {
            let faults = match write(&body).await? {
                Written::Done(made) => return Ok(Some(made)),
                Written::Refused(faults) => faults,
            };
            let mut has_less = false;
            for (field, must) in &faults {
                let first = field.split('.').next().unwrap_or_default();
                match (!NEEDED.contains(&first)).then(|| take(&mut body, field)).flatten() {
                    Some(value) => {
                        has_less = true;
                        self.report.left(what, format!("{field} {}: {must}; left as Pinfold has it", shown(Some(&value))));
                    }
                    None => self.report.left(what, format!("{field}: {must}")),
                }
            }
            if !has_less || faults.iter().any(|(field, _)| NEEDED.contains(&field.split('.').next().unwrap_or_default())) {
                return Ok(None);
            }
        }
    }
}
