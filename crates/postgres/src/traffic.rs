//! What dashboards show: PINs and messages summed up by time, country, connection, channel or application.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures::FutureExt;
use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, ConnectionId};
use pinfold_core::region::Region;
use uuid::Uuid;

use crate::time::{millis, timestamp};
use crate::{Database, Error, TenantScope};

/// The most groups that an answer has, other than spans of time.
const MOST_GROUPS: i64 = 300;

/// A tenant's traffic.
#[derive(Debug, Clone, Copy)]
pub struct Traffic<'a>(pub(crate) TenantScope<'a>);

/// What figures are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrafficGroup {
    /// Spans of so many milliseconds since 1970.
    Time(u64),
    /// The country of the number.
    Country,
    /// The provider connection.
    Connection,
    /// The channel.
    Channel,
    /// The application.
    Application,
}

/// Which traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficFilter {
    /// PINs accepted at this time or later, in milliseconds since 1970.
    pub from_ms: u64,
    /// And before this time.
    pub to_ms: u64,
    /// Of this application.
    pub application: Option<ApplicationId>,
    /// Of this channel.
    pub channel: Option<Channel>,
    /// To this country.
    pub region: Option<Region>,
    /// Over this connection.
    pub connection: Option<ConnectionId>,
    /// To the simulator only, or over providers only.
    pub is_sandbox: Option<bool>,
}

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Figures of one group. PINs count where their last message belongs.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Figures { $($(#[$doc])* pub $name: u64),+ }

        impl Figures {
            /// Adds the figures of another group.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)+
            }
        }

        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            label: Option<String>,
            #[diesel(sql_type = Nullable<Timestamptz>)]
            begins_at: Option<DateTime<Utc>>,
            $(#[diesel(sql_type = BigInt)] $name: i64,)+
        }

        impl Row {
            fn figures(&self) -> Figures {
                Figures { $($name: u64::try_from(self.$name).unwrap_or(0)),+ }
            }
        }

        const SUMS: &str = concat!($("sum(", stringify!($name), ")::bigint AS ", stringify!($name), ", "),+, "1 AS one");
    };
}

figures! {
    /// PINs accepted.
    pins,
    /// Those of which a provider took a message.
    pins_sent,
    /// Those of which a receipt says that a message arrived.
    pins_delivered,
    /// Those verified.
    pins_verified,
    /// Those of which no message left.
    pins_failed,
    /// Those that died unverified.
    pins_expired,
    /// Those that ran out of attempts.
    pins_exhausted,
    /// Those cancelled.
    pins_canceled,
    /// Wrong guesses.
    wrong_guesses,
    /// Messages: sends, resends, steps of fallback plans.
    messages,
    /// Those that a provider took.
    messages_sent,
    /// Those that none took.
    messages_failed,
    /// Those that arrived, by their receipts.
    messages_delivered,
    /// Provider's answers within 100 ms.
    handed_over_100,
    /// Within 300 ms, and not within 100.
    handed_over_300,
    /// Within 1 s.
    handed_over_1000,
    /// Within 3 s.
    handed_over_3000,
    /// Within 10 s.
    handed_over_10000,
    /// Later.
    handed_over_later,
    /// Right guesses within 10 s of the PIN's acceptance.
    verified_10,
    /// Within 30 s, and not within 10.
    verified_30,
    /// Within 60 s.
    verified_60,
    /// Within 120 s.
    verified_120,
    /// Within 300 s.
    verified_300,
    /// Later.
    verified_later,
}

/// What a turn sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrafficTurn {
    /// What was accepted lately.
    Fresh,
    /// What late receipts may have changed as well.
    Late,
}

/// A group's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrafficKey {
    /// The span that begins here, in milliseconds since 1970.
    Time(u64),
    /// A country, a channel, or an id; empty where it is not known.
    Label(String),
}

#[derive(diesel::QueryableByName)]
struct RolledUp {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

#[derive(diesel::QueryableByName)]
struct Done {
    #[diesel(sql_type = Bool)]
    done: bool,
}

#[derive(diesel::QueryableByName)]
struct Taken {
    #[diesel(sql_type = Nullable<Bool>)]
    is_late: Option<bool>,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl TrafficGroup {
    /// The key as text, and the start of the span.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Time(_) => ("NULL::text", "date_bin(make_interval(secs => $8), starts_at, 'epoch')"),
            Self::Country => ("region", "NULL::timestamptz"),
            Self::Connection => ("public_id(nullif(connection_id, '00000000-0000-0000-0000-000000000000'))", "NULL::timestamptz"),
            Self::Channel => ("channel", "NULL::timestamptz"),
            Self::Application => {
                ("public_id(nullif(application_id, '00000000-0000-0000-0000-000000000000'))", "NULL::timestamptz")
            }
        }
    }
}

impl Traffic<'_> {
    /// Sums up by group: spans of time with their oldest first, others with the most PINs first, at most 300.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn sums(self, filter: TrafficFilter, group: TrafficGroup) -> Result<Vec<(TrafficKey, Figures)>, Error> {
        let (label, begins_at) = group.columns();
        let query = format!(
            "SELECT {label} AS label, {begins_at} AS begins_at, {SUMS} FROM traffic
             WHERE tenant_id = $1 AND starts_at >= $2 AND starts_at < $3
               AND ($4 IS NULL OR application_id = $4) AND ($5 IS NULL OR channel = $5) AND ($6 IS NULL OR region = $6)
               AND ($7 IS NULL OR connection_id = $7) AND ($9 IS NULL OR is_sandbox = $9) AND $8 > 0
             GROUP BY 1, 2 ORDER BY begins_at, pins DESC, messages DESC, label LIMIT $10"
        );
        let span_ms = if let TrafficGroup::Time(span_ms) = group { span_ms } else { 1_000 };
        let most = if matches!(group, TrafficGroup::Time(_)) { i64::MAX } else { MOST_GROUPS };
        let rows: Vec<Row> = self
            .0
            .run(move |connection, tenant| {
                #[expect(clippy::cast_precision_loss, reason = "spans are far below 2^52 milliseconds")]
                let seconds = span_ms as f64 / 1_000.0;
                let query = diesel::sql_query(query)
                    .bind::<SqlUuid, _>(tenant)
                    .bind::<Timestamptz, _>(timestamp(filter.from_ms))
                    .bind::<Timestamptz, _>(timestamp(filter.to_ms))
                    .bind::<Nullable<SqlUuid>, _>(filter.application.map(Uuid::from))
                    .bind::<Nullable<Text>, _>(filter.channel.map(Channel::name))
                    .bind::<Nullable<Text>, _>(filter.region.map(|region| region.to_string()))
                    .bind::<Nullable<SqlUuid>, _>(filter.connection.map(Uuid::from))
                    .bind::<diesel::sql_types::Double, _>(seconds)
                    .bind::<Nullable<Bool>, _>(filter.is_sandbox)
                    .bind::<BigInt, _>(most);
                async move { Ok(query.load(connection).await?) }.boxed()
            })
            .await?;
        let key = |row: &Row| match row.begins_at {
            Some(at) => TrafficKey::Time(millis(at)),
            None => TrafficKey::Label(row.label.clone().unwrap_or_default()),
        };
        Ok(rows.iter().map(|row| (key(row), row.figures())).collect())
    }

    /// When the sums were last brought up to date, in milliseconds since 1970; `None` before the first time.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rolled_up_ms(self) -> Result<Option<u64>, Error> {
        let row: RolledUp = self
            .0
            .run(|connection, _| {
                let query = diesel::sql_query("SELECT rolled_up_at AS at FROM traffic_state");
                async move { Ok(query.get_result(connection).await?) }.boxed()
            })
            .await?;
        Ok(row.at.map(millis))
    }
}

impl Database {
    /// Takes the turn of bringing the sums up to date, if it is due. Nobody else gets one before `lease` is over, or what
    /// [`Self::schedule_traffic_turn`] says after it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn take_traffic_turn(&self, lease: Duration) -> Result<Option<TrafficTurn>, Error> {
        let query = diesel::sql_query("SELECT take_traffic_turn($1) AS is_late").bind::<BigInt, _>(whole_ms(lease));
        let row: Taken = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(row.is_late.map(|is_late| if is_late { TrafficTurn::Late } else { TrafficTurn::Fresh }))
    }

    /// The next turn is due after `pause`, one of late receipts after `late_pause` or as before. Who has the turn keeps it in this
    /// way, and ends it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn schedule_traffic_turn(&self, pause: Duration, late_pause: Option<Duration>) -> Result<(), Error> {
        let query = diesel::sql_query("SELECT schedule_traffic_turn($1, $2)")
            .bind::<BigInt, _>(whole_ms(pause))
            .bind::<Nullable<BigInt>, _>(late_pause.map(whole_ms));
        self.run(move |connection| async move { Ok(query.execute(connection).await?) }.boxed()).await?;
        Ok(())
    }

    /// Sums up, anew and for every tenant, what was accepted in the spans of five minutes from one time to another. False when
    /// another process is doing so.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn roll_up_traffic(&self, from_ms: u64, to_ms: u64) -> Result<bool, Error> {
        let query = diesel::sql_query("SELECT roll_up_traffic($1, $2) AS done")
            .bind::<Timestamptz, _>(timestamp(from_ms))
            .bind::<Timestamptz, _>(timestamp(to_ms));
        let row: Done = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(row.done)
    }

    /// From when on the record is not summed up yet, in milliseconds since 1970.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn traffic_gap_ms(&self) -> Result<u64, Error> {
        let query = diesel::sql_query("SELECT traffic_gap() AS at");
        let row: RolledUp = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(row.at.map_or(0, millis))
    }

    /// Joins spans before `before_ms` into hours and forgets those before `keep_from_ms`. Says how many rows went.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn condense_traffic(&self, before_ms: u64, keep_from_ms: u64) -> Result<u64, Error> {
        let query = diesel::sql_query("SELECT condense_traffic($1, $2) AS count")
            .bind::<Timestamptz, _>(timestamp(before_ms))
            .bind::<Timestamptz, _>(timestamp(keep_from_ms));
        let counted: Count = self.run(move |connection| async move { Ok(query.get_result(connection).await?) }.boxed()).await?;
        Ok(u64::try_from(counted.count).unwrap_or(0))
    }
}

fn whole_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
