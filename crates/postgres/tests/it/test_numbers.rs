//! Test numbers open in their own row alone, are known to their application alone, and are handed out masked.

use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_core::test_number::TestNumbers;
use pinfold_testkit::Role;

use crate::world::world;

fn numbers(given: &[(&str, &str)]) -> TestNumbers {
    TestNumbers::read("", given.iter().copied(), &Default::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_knows_the_code_of_its_applications_numbers_alone() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let (_, other_application, _) = world.customer("two").await;
    let (scope, to) = (world.database.tenant(tenant), Recipient::parse("41793026727").unwrap());
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    assert_eq!(snapshot.test_code(application, &to), None);
    let two = numbers(&[("41793026727", "123456"), ("16175550123", "0000")]);
    scope.test_numbers(application).set(two.clone(), snapshot.clone()).await.unwrap().unwrap();
    assert_eq!(scope.test_numbers(application).list(&snapshot.keys).await.unwrap(), two);
    // Of another tenant, an application is not there.
    assert_eq!(scope.test_numbers(other_application).set(two, snapshot.clone()).await.unwrap(), None);
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    assert_eq!(snapshot.test_code(application, &to).map(Pin::expose), Some("123456"));
    assert_eq!(snapshot.test_code(other_application, &to), None);
    assert_eq!(snapshot.test_code(application, &Recipient::parse("41793026728").unwrap()), None);

    let exported = scope.export().await.unwrap()["test_numbers"].to_string();
    assert!(exported.contains("…6727") && !exported.contains("41793026727") && !exported.contains("123456"), "{exported}");
    // Sealed values that change their places do not open, and are left out.
    world.read("UPDATE test_numbers AS t SET sealed = o.sealed FROM test_numbers AS o WHERE o.hash <> t.hash");
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    assert_eq!(snapshot.test_code(application, &to), None);
    world.read("DELETE FROM applications");
    assert_eq!(world.sql.query(Role::Superuser, "SELECT count(*) FROM test_numbers").as_deref(), Ok("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_as_it_was_is_not_written() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let scope = world.database.tenant(tenant).test_numbers(application);
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    let told =
        "SELECT string_agg(action || ' ' || object, ', ' ORDER BY sequence) FROM audit_entries WHERE object = 'test_number'";
    let set = async |given: &[(&str, &str)]| scope.set(numbers(given), snapshot.clone()).await.unwrap().unwrap();
    set(&[("41793026727", "123456"), ("16175550123", "0000")]).await;
    assert_eq!(world.read(told), "created test_number, created test_number");
    // The same list, and the same in another order.
    set(&[("41793026727", "123456"), ("16175550123", "0000")]).await;
    set(&[("16175550123", "0000"), ("41793026727", "123456")]).await;
    assert_eq!(world.read(told), "created test_number, created test_number");
    assert_eq!(scope.list(&snapshot.keys).await.unwrap(), numbers(&[("16175550123", "0000"), ("41793026727", "123456")]));
    set(&[("16175550123", "1111")]).await;
    assert_eq!(world.read(told), "created test_number, created test_number, deleted test_number, updated test_number");
}
