//! The shared PostgreSQL gives every test a database of its own, with production's roles.

use pinfold_testkit::{Postgres, Role};

#[test]
fn databases_are_apart_and_belong_to_the_owner() {
    let postgres = Postgres::shared();
    let (one, other) = (postgres.fresh_database(None), postgres.fresh_database(None));
    one.query(Role::Owner, "CREATE TABLE notes (text text)").expect("the owner may create tables");
    assert_eq!(one.query(Role::Owner, "SELECT count(*) FROM notes").as_deref(), Ok("0"));
    other.query(Role::Owner, "SELECT count(*) FROM notes").expect_err("the other database has no such table");
}

#[test]
fn the_service_is_a_plain_member_of_the_group() {
    let database = Postgres::shared().fresh_database(None);
    let attributes = "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, rolcanlogin, pg_has_role('pinfold_service', oid, 'member') \
                      FROM pg_roles WHERE rolname LIKE 'pinfold%' ORDER BY 1";
    assert_eq!(
        database.query(Role::Superuser, attributes).as_deref(),
        Ok("pinfold_app|f|f|f|f|t\npinfold_owner|f|t|f|t|f\npinfold_service|f|f|f|t|t")
    );
    database.query(Role::Owner, "CREATE TABLE secrets (text text)").expect("the owner may create tables");
    database.query(Role::Service, "SELECT * FROM secrets").expect_err("nothing was granted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_prepared_once_and_copied() {
    let postgres = Postgres::shared();
    let mut preparations = 0;
    for _ in 0..2 {
        let template = postgres
            .template("testkit", async |database| {
                preparations += 1;
                database.query(Role::Owner, "CREATE TABLE migrated AS SELECT 1 AS one").expect("the owner may create tables");
            })
            .await;
        let copy = postgres.fresh_database(Some(&template));
        assert_eq!(copy.query(Role::Owner, "SELECT one FROM migrated").as_deref(), Ok("1"));
    }
    assert!(preparations <= 1, "an earlier run may have prepared it");
}

#[test]
fn a_database_can_be_away_for_one_test() {
    let database = Postgres::shared().fresh_database(None);
    database.refuse_connections();
    database.query(Role::Service, "SELECT 1").expect_err("the database refuses connections");
    database.accept_connections();
    assert_eq!(database.query(Role::Service, "SELECT 1").as_deref(), Ok("1"));
}
