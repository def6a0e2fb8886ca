//! `pinfold key destroy`: makes everything that is sealed for a tenant unreadable for good, in every copy and backup, by destroying its
//! data keys. The tenant is switched off. There is no way back.

use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::operator::{Operator, tenant};
use crate::print;

/// Arguments of `key destroy`.
#[derive(clap::Args)]
pub struct Args {
    /// The slug of the tenant.
    #[arg(long)]
    tenant: String,
    /// The slug again, instead of typing it when asked.
    #[arg(long)]
    confirm: Option<String>,
}

/// Destroys the data keys of the named tenant, after its slug was typed or given, and prints how many those were.
///
/// # Errors
/// When there is no such tenant, or the slug is not typed.
pub async fn run(operator: &Operator, args: Args) -> anyhow::Result<ExitCode> {
    let owned = operator.owned_database()?;
    let tenant = tenant(&owned, &args.tenant).await?;
    let typed = match args.confirm {
        Some(typed) => typed,
        None => {
            print::line(format_args!(
                "This destroys the keys of {} ({}): its PINs, recipients and secrets cannot be read again. Type its slug to go on:",
                tenant.slug, tenant.name
            ));
            let mut typed = String::new();
            std::io::stdin().read_line(&mut typed).context("nothing could be read")?;
            typed.trim().to_owned()
        }
    };
    if typed != tenant.slug {
        bail!("{typed:?} is not the slug of the tenant: nothing was destroyed");
    }
    let count = owned.key_ring().destroy(tenant.id).await?;
    print::line(format_args!("{count} keys of {} are destroyed, and the tenant is switched off.", tenant.slug));
    print::line(
        "Backups of the record hold them until they are gone: sealed, and of use only with the master key of their time.",
    );
    Ok(ExitCode::SUCCESS)
}
