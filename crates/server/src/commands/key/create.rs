//! `pinfold key create`: an API key. Its secret is printed this once and is nowhere afterwards.

use std::process::ExitCode;

use anyhow::bail;
use pinfold_core::access::{Environment, Scope, Scopes};
use pinfold_core::application::check_name;
use pinfold_core::id::ApplicationId;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::issued_keys::{Wish, issue};
use crate::operator::{Operator, tenant};
use crate::print;

/// Arguments of `key create`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant.
    #[arg(long)]
    tenant: String,
    /// The name of the key.
    #[arg(long)]
    name: String,
    /// What it may do, several times if need be: pin:send, pin:verify, config:read, config:write, reports:read, keys:manage,
    /// audit:read, alerts:manage, members:manage, recipients:reveal, tenant:manage. All but the last three unless given.
    #[arg(long, value_delimiter = ',')]
    scope: Vec<Scope>,
    /// Its messages go to the simulated phone and nowhere else.
    #[arg(long)]
    sandbox: bool,
    /// The id of the application of requests that name none.
    #[arg(long)]
    application: Option<ApplicationId>,
    /// As JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Makes an API key, and prints its secret, which nobody sees again.
///
/// # Errors
/// When there is no such tenant or application.
pub async fn run(operator: &Operator, args: Args) -> anyhow::Result<ExitCode> {
    if let Err(fault) = check_name(&args.name) {
        bail!("--name {fault}");
    }
    let database = operator.database()?;
    let tenant = tenant(&database, &args.tenant).await?;
    let scopes = if args.scope.is_empty() { Scopes::of_a_key() } else { args.scope.into_iter().collect() };
    let environment = if args.sandbox { Environment::Sandbox } else { Environment::Live };
    let wish = Wish { name: args.name, scopes, environment, default_application: args.application };
    let (secret, issued) = match issue(database.tenant(tenant.id), &operator.master()?, wish).await {
        Ok(issued) => issued,
        Err(error) if error.is_refused() => bail!("the tenant {} has no application with that id", tenant.slug),
        Err(error) => return Err(error.into()),
    };
    if args.json {
        print::json(&json!({ "id": issued.key.id.to_string(), "key": secret.expose_secret() }));
    } else {
        print::line(format_args!("{}", secret.expose_secret()));
        print::line(format_args!("This is the only time that this key ({}) is shown.", issued.key.id));
    }
    Ok(ExitCode::SUCCESS)
}
