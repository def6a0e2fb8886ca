//! `pinfold import`: reads what a team configured at its vendor and makes it again here, through Pinfold's public API. Again
//! and again is once: what an import made is recognised by the origin that it left. Nothing at the vendor is changed.

mod carry;
mod compare;
mod credentials;
mod infobip;
mod report;
mod target;
mod twilio;
mod vonage;
mod wanted;
mod web;

use std::path::PathBuf;
use std::process::ExitCode;

use self::credentials::Credentials;
use self::report::Report;
use self::target::Target;

/// The exit code of an import that was done, but could not carry everything over.
const INCOMPLETE: u8 = 2;

/// Where to import from.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Applications and message templates of Infobip 2FA, or of another Pinfold.
    Infobip(Args),
    /// Services and message templates of Twilio Verify.
    Twilio(twilio::TwilioArgs),
    /// Templates and their fragments of Vonage Verify v2, or of another Pinfold.
    Vonage(Args),
}

/// Arguments of every import.
#[derive(clap::Args)]
pub struct Args {
    /// The vendor's API; its usual address by default.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// This Pinfold's address.
    #[arg(long, value_name = "URL", env = "PINFOLD_URL")]
    to: String,
    /// A file of NAME=value lines with the credentials, instead of the environment: PINFOLD_API_KEY, and the vendor's
    /// INFOBIP_API_KEY, TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or VONAGE_API_KEY and VONAGE_API_SECRET.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Change nothing; say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Change what an earlier import made and what differs since, instead of leaving it as it is.
    #[arg(long)]
    update: bool,
    /// Allow addresses without TLS that are not on this machine: credentials go over the network in clear.
    #[arg(long)]
    allow_plain_http: bool,
}

/// Imports. Exits with 0 when everything is here, with 2 when something could not be carried over.
///
/// # Errors
/// When a side cannot be asked, or refuses the credentials.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        match command {
            Command::Infobip(args) => infobip(&args).await,
            Command::Twilio(args) => twilio(&args).await,
            Command::Vonage(args) => vonage(&args).await,
        }
    })?;
    report.conclude();
    Ok(if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) })
}

async fn infobip(args: &Args) -> anyhow::Result<Report> {
    let credentials = Credentials::read(args.credentials.as_deref())?;
    let target = Target::new(args, &credentials)?;
    let source = infobip::source(args, &credentials)?;
    let mut report = Report::new(args.dry_run);
    let wanted = infobip::read(&source, &mut report).await?;
    carry::carry(&target, args, wanted, &mut report).await?;
    Ok(report)
}

async fn twilio(args: &twilio::TwilioArgs) -> anyhow::Result<Report> {
    let credentials = Credentials::read(args.common.credentials.as_deref())?;
    let target = Target::new(&args.common, &credentials)?;
    let source = twilio::source(&args.common, &credentials)?;
    let mut report = Report::new(args.common.dry_run);
    let wanted = twilio::read(&source, args.all_templates, &mut report).await?;
    carry::carry(&target, &args.common, wanted, &mut report).await?;
    Ok(report)
}

async fn vonage(args: &Args) -> anyhow::Result<Report> {
    let credentials = Credentials::read(args.credentials.as_deref())?;
    let target = Target::new(args, &credentials)?;
    let source = vonage::source(args, &credentials)?;
    let mut report = Report::new(args.dry_run);
    vonage::carry(&source, &target, args, &mut report).await?;
    Ok(report)
}
