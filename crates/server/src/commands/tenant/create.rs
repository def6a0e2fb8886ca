//! `pinfold tenant create`: adds a tenant with its first data key, as the owner of the database.

use std::process::ExitCode;

use anyhow::bail;
use pinfold_core::application::check_name;
use serde_json::json;

use crate::operator::Operator;
use crate::print;

/// Arguments of `tenant create`.
#[derive(clap::Args)]
pub struct Args {
    /// Its name, as people say it.
    #[arg(long)]
    name: String,
    /// Its short name in commands: lower-case letters, digits and `-`. Made from the name unless given.
    #[arg(long)]
    slug: Option<String>,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Makes a tenant, by the slug given or one made of its name, and prints it, as JSON when asked to.
///
/// # Errors
/// When the name or slug will not do, or the slug is taken.
pub async fn run(operator: &Operator, args: &Args) -> anyhow::Result<ExitCode> {
    if let Err(fault) = check_name(&args.name) {
        bail!("--name {fault}");
    }
    let slug = args.slug.clone().unwrap_or_else(|| slug(&args.name));
    let owned = operator.owned_database()?;
    let tenant = match owned.tenants().create(&slug, &args.name, &operator.master()?).await {
        Ok(tenant) => tenant,
        Err(error) if error.is_refused() && owned.tenants().find(&slug).await?.is_some() => {
            bail!("there is a tenant {slug} already; choose another --slug")
        }
        Err(error) if error.is_refused() => bail!("--slug must have 1 to 63 lower-case letters, digits and -, as in acme-shop"),
        Err(error) => return Err(error.into()),
    };
    if args.json {
        print::json(&json!({ "id": tenant.id.to_string(), "slug": tenant.slug, "name": tenant.name }));
    } else {
        print::line(format_args!("Created the tenant {} ({}).", tenant.slug, tenant.id));
        print::line(format_args!("Next: pinfold key create --tenant {} --name \"First key\"", tenant.slug));
    }
    Ok(ExitCode::SUCCESS)
}

/// A name as a slug.
fn slug(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(63).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        assert_eq!(slug("Acme Shop, Inc."), "acme-shop-inc");
        assert_eq!(slug("  Ünïcode  "), "n-code");
    }
}
