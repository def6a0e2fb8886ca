//! Vonage Verify v2: templates and their fragments, which Pinfold keeps in the same shape. Templates are recognised by their
//! names, which are unique on both sides; fragments by channel and locale.

use anyhow::bail;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::Args;
use super::compare::differences;
use super::credentials::Credentials;
use super::report::Report;
use super::target::Target;
use super::wanted::{only, text};
use super::web::Web;

const USUAL: &str = "https://api.nexmo.com";
const TEMPLATES: &str = "/v2/verify/templates";
/// More pages than any account has.
const MOST_PAGES: u64 = 1_000;

/// The vendor's API, or another Pinfold.
///
/// # Errors
/// When a credential is missing or the address is none.
pub fn source(args: &Args, credentials: &Credentials) -> anyhow::Result<Web> {
    let (key, secret) = (credentials.need("VONAGE_API_KEY")?, credentials.need("VONAGE_API_SECRET")?);
    let basic = format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")));
    Web::new("Vonage", args.from.as_deref().unwrap_or(USUAL), &basic, args.allow_plain_http)
}

/// Carries templates and fragments over.
///
/// # Errors
/// When a side does not answer: what was made until then is found by the next run.
pub async fn carry(source: &Web, target: &Target, args: &Args, report: &mut Report) -> anyhow::Result<()> {
    report.progress("reading templates");
    let wanted = list(source, TEMPLATES, "templates").await?;
    let here = list(target.web(), TEMPLATES, "templates").await?;
    for (index, template) in wanted.iter().enumerate() {
        let name = text(template, "name");
        report.progress(format_args!("template {} of {}: {name}", index + 1, wanted.len()));
        let fragments = fragments(source, text(template, "template_id")).await?;
        let found = here.iter().find(|one| text(one, "name") == name);
        let what = format!("template {name}");
        let id = match found {
            Some(found) => {
                let id = text(found, "template_id").to_owned();
                let body = only(template, &["is_default"]);
                settle(&what, &id, &format!("{TEMPLATES}/{id}"), &body, found, target, args, report).await?;
                Some(id)
            }
            None => {
                let body = only(template, &["name"]);
                let made = make(&what, TEMPLATES, "template_id", &body, target, args, report).await?;
                if let Some(id) = &made
                    && template["is_default"] == true
                {
                    write(&what, Method::PATCH, &format!("{TEMPLATES}/{id}"), &json!({ "is_default": true }), target, report)
                        .await?;
                }
                made
            }
        };
        carry_fragments(id.as_deref(), name, &fragments, target, args, report).await?;
    }
    Ok(())
}

async fn carry_fragments(
    template: Option<&str>,
    name: &str,
    wanted: &[Value],
    target: &Target,
    args: &Args,
    report: &mut Report,
) -> anyhow::Result<()> {
    let here = match template {
        Some(id) => fragments(target.web(), id).await?,
        None => Vec::new(),
    };
    for fragment in wanted {
        let (channel, locale) = (text(fragment, "channel"), text(fragment, "locale"));
        let what = format!("{channel} text of {name} in {locale}");
        let found = here.iter().find(|one| text(one, "channel") == channel && text(one, "locale") == locale);
        let path = |id: &str| format!("{TEMPLATES}/{id}/template_fragments");
        match (template, found) {
            (Some(id), Some(found)) => {
                let fragment_id = text(found, "template_fragment_id");
                let at = format!("{}/{fragment_id}", path(id));
                settle(&what, fragment_id, &at, &only(fragment, &["text"]), found, target, args, report).await?;
            }
            (id, _) => {
                let body = only(fragment, &["channel", "locale", "text"]);
                // Without an id it is a dry run, or the template could not be made.
                if id.is_some() || args.dry_run {
                    make(&what, &path(id.unwrap_or_default()), "template_fragment_id", &body, target, args, report).await?;
                }
            }
        }
    }
    Ok(())
}

async fn make(
    what: &str,
    path: &str,
    id_name: &str,
    body: &Value,
    target: &Target,
    args: &Args,
    report: &mut Report,
) -> anyhow::Result<Option<String>> {
    if args.dry_run {
        report.made(what, None);
        return Ok(None);
    }
    let Some(made) = write(what, Method::POST, path, body, target, report).await? else { return Ok(None) };
    let id = text(&made, id_name).to_owned();
    report.made(what, Some(&id));
    Ok(Some(id))
}

/// Leaves a thing as it is and says what differs, or changes it where that is asked for.
#[expect(clippy::too_many_arguments, reason = "one thing, where it is, and who says so")]
async fn settle(
    what: &str,
    id: &str,
    path: &str,
    body: &Value,
    here: &Value,
    target: &Target,
    args: &Args,
    report: &mut Report,
) -> anyhow::Result<()> {
    let differing = differences(body, here);
    if differing.is_empty() {
        report.kept(what, id);
    } else if !args.update {
        report.kept(what, id);
        report.left(what, format!("differs here in {}; --update changes it", differing.join(", ")));
    } else if args.dry_run || write(what, Method::PATCH, path, body, target, report).await?.is_some() {
        report.changed(what);
    }
    Ok(())
}

/// The thing after the change; `None`, and reported, when Pinfold refuses it.
async fn write(
    what: &str,
    method: Method,
    path: &str,
    body: &Value,
    target: &Target,
    report: &mut Report,
) -> anyhow::Result<Option<Value>> {
    let answer = target.web().send(method, path, body).await?;
    match answer.status {
        200..300 => Ok(Some(answer.json)),
        400 | 409 | 422 => {
            let reasons = answer.json["invalid_parameters"].as_array().into_iter().flatten();
            let reasons: Vec<String> = reasons.map(|one| format!("{} {}", text(one, "name"), text(one, "reason"))).collect();
            let why = if reasons.is_empty() { text(&answer.json, "detail").to_owned() } else { reasons.join("; ") };
            report.left(what, why);
            Ok(None)
        }
        status => bail!("Pinfold answers {path} with {status}"),
    }
}

async fn fragments(side: &Web, template: &str) -> anyhow::Result<Vec<Value>> {
    list(side, &format!("{TEMPLATES}/{template}/template_fragments"), "template_fragments").await
}

/// All pages of a list.
async fn list(side: &Web, path: &str, name: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for number in 1..=MOST_PAGES {
        let mut page = side.get(&format!("{path}?page={number}&page_size=100")).await?;
        let items = page.pointer_mut(&format!("/_embedded/{name}")).and_then(Value::as_array_mut);
        let items = items.map(std::mem::take).unwrap_or_default();
        let is_last = items.is_empty() || page["total_pages"].as_u64().is_none_or(|pages| number >= pages);
        all.extend(items);
        if is_last {
            return Ok(all);
        }
    }
    bail!("the list {path} does not end")
}
