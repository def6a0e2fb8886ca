//! Caps are shown as they were set; usage has its months.

use serde_json::json;

use crate::world::world;

#[actix_web::test]
async fn caps_are_replaced_whole_and_shown_as_they_are() {
    let world = world().await;
    let caller = world.customer("ann").await;
    let application = world.post(&caller, "/2fa/2/applications", json!({"name": "x"})).await.expect(200);
    let of = format!("/v1/applications/{}/caps", application["applicationId"].as_str().unwrap());
    for path in ["/v1/caps", &of] {
        assert_eq!(world.get(&caller, path).await.expect(200), json!({}));
        let caps = json!({"dailyMessages": 5, "monthlyMessages": 50, "dailyMicros": 0, "monthlyMicros": 7, "currency": "EUR"});
        assert_eq!(world.put(&caller, path, caps.clone()).await.expect(200), caps);
        assert_eq!(world.get(&caller, path).await.expect(200), caps);
        let fewer = json!({"dailyMessages": 9, "monthlyMessages": null});
        assert_eq!(world.put(&caller, path, fewer).await.expect(200), json!({"dailyMessages": 9}));
        let refused = world.put(&caller, path, json!({"dailyMicros": 1})).await.expect(400);
        assert_eq!(refused["fields"][0]["field"], "currency");
        world.put(&caller, path, json!({"dailyMessages": -1})).await.expect(400);
        assert_eq!(world.get(&caller, path).await.expect(200), json!({"dailyMessages": 9}));
    }
    assert_eq!(world.put(&caller, &of, json!({})).await.expect(200), json!({}));
    assert_eq!(world.get(&caller, "/v1/caps").await.expect(200), json!({"dailyMessages": 9}));
}

#[actix_web::test]
async fn usage_has_months_and_no_others() {
    let world = world().await;
    let caller = world.customer("ann").await;
    let usage = world.get(&caller, "/v1/usage?month=2025-02").await.expect(200);
    assert_eq!(usage, json!({"month": "2025-02", "messages": 0, "lookups": 0, "cost": [], "days": []}));
    assert_eq!(world.get(&caller, "/v1/usage").await.expect(200)["messages"], 0);
    for month in ["2025-13", "x", "", "2025-2", "99999-01"] {
        let refused = world.get(&caller, &format!("/v1/usage?month={month}")).await.expect(400);
        assert_eq!(refused["fields"][0]["field"], "month", "{month}");
    }
}
