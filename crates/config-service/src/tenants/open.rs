//! A new tenant of a person, under a short name that nobody has.

use pinfold_core::entropy;
use pinfold_core::id::{PersonId, TenantId};
use pinfold_http::{Code, Problem};

use crate::{State, store};

/// How many tenants a person owns at most.
const MOST: i32 = 10;
/// How often another short name is tried.
const TRIES: usize = 5;

/// Makes a tenant that the person owns.
///
/// # Errors
/// 409 when the person owns as many as one may.
pub(crate) async fn open_tenant(state: &State, person: PersonId, name: &str) -> Result<TenantId, Problem> {
    let wanted = slug(name);
    for attempt in 0..TRIES {
        let slug = if attempt == 0 && wanted.len() >= 3 { wanted.clone() } else { format!("{wanted}-{}", random_part()) };
        let slug = slug.trim_start_matches('-');
        match state.database.people().open_tenant(person, slug, name, &state.master, MOST).await {
            Ok(Some(tenant)) => return Ok(tenant),
            Ok(None) => {}
            Err(error) if error.constraint() == Some("most_tenants") => {
                return Err(Problem::new(Code::AlreadyThere).detail(format!("A person owns at most {MOST} tenants.")));
            }
            Err(error) => return Err(store::problem(error)),
        }
    }
    Err(Problem::internal("no short name is free"))
}

fn random_part() -> String {
    format!("{:08x}", u32::from_be_bytes(entropy::bytes()))
}

/// A name as a short name.
fn slug(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let joined: String = words.join("-").chars().take(48).collect();
    joined.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_short_name() {
        assert_eq!(slug("Acme Shop, Inc."), "acme-shop-inc");
        assert_eq!(slug("株式会社"), "");
        assert_eq!(slug(&"a".repeat(200)).len(), 48);
        assert_eq!(random_part().len(), 8);
    }
}
