//! Tokens that applications sign.

use actix_web::test::TestRequest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pinfold_core::access::Environment;
use pinfold_core::application::Application;
use pinfold_core::application_token::credential;
use pinfold_core::id::{ApplicationId, TenantId};
use pinfold_core::limits::Limits;
use pinfold_core::public_key::PublicKey;
use pinfold_http::clock::now_ms;
use serde_json::json;
use uuid::Uuid;

use crate::installation::{Gateway, Installation, within_5_s};

/// An application with the private half of its key.
struct Signer {
    pair: KeyPair,
    application: ApplicationId,
}

impl Signer {
    async fn of(installation: &Installation, tenant: TenantId, environment: Environment) -> Self {
        let (pair, application) = (KeyPair::generate(KeySize::Rsa2048).unwrap(), ApplicationId::random());
        let scope = installation.database.tenant(tenant);
        let (name, limits) = ("x".to_owned(), Limits::default());
        scope.applications().create(Application { id: application, ..Application::new(name, limits) }).await.unwrap();
        let signer = Self { pair, application };
        signer.store(installation, tenant, environment).await;
        signer
    }

    async fn store(&self, installation: &Installation, tenant: TenantId, environment: Environment) {
        let key = PublicKey::from_der(self.pair.public_key().as_der().unwrap().as_ref()).unwrap();
        let hash = installation.master.credential_hash(&credential(self.application));
        installation.database.tenant(tenant).public_keys().set(self.application, &key, environment, hash).await.unwrap();
    }

    fn token(&self, id: &str) -> String {
        let now = now_ms() / 1_000;
        let claims = json!({
            "application_id": Uuid::from(self.application).to_string(), "iat": now, "exp": now + 900, "jti": id,
        });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(r#"{"alg":"RS256","typ":"JWT"}"#), part(&claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn ask(gateway: &Gateway, path: &str, authorization: &str) -> (u16, String) {
    gateway.ask(TestRequest::post().uri(path).insert_header(("authorization", authorization))).await
}

#[actix_web::test]
async fn a_token_is_its_application_once_and_on_its_dialects_paths_alone() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let signer = Signer::of(&installation, tenant, Environment::Sandbox).await;
    let gateway = installation.gateway().await;
    let (one, two) = (signer.token("1"), signer.token("2"));
    let expected = (200, format!("{tenant} {} Sandbox", signer.application));
    assert_eq!(ask(&gateway, "/v2/verify", &one).await, expected);
    assert_eq!(ask(&gateway, "/v2/verify", &one).await.0, 401, "again");
    for path in ["/2fa/2/pin", "/v1/keys"] {
        assert_eq!(ask(&gateway, path, &two).await.0, 401, "{path}");
    }
    assert_eq!(ask(&gateway, "/v2/verify", &two).await, expected, "what was refused elsewhere is not used up");
    let three = signer.token("3");
    let answers = futures::future::join_all((0..20).map(|_| ask(&gateway, "/v2/verify", &three))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "one of many at once");
}

#[actix_web::test]
async fn a_key_that_was_replaced_or_taken_away_signs_nothing_within_seconds() {
    let installation = Installation::new().await;
    let tenant = installation.tenant("acme").await;
    let signer = Signer::of(&installation, tenant, Environment::Live).await;
    let gateway = installation.gateway().await;
    assert_eq!(ask(&gateway, "/v2/verify", &signer.token("1")).await.0, 200);
    let next = Signer { pair: KeyPair::generate(KeySize::Rsa2048).unwrap(), application: signer.application };
    assert_eq!(ask(&gateway, "/v2/verify", &next.token("a")).await.0, 401);
    next.store(&installation, tenant, Environment::Live).await;
    let mut turn = 0;
    within_5_s("the new key counts", async || {
        turn += 1;
        ask(&gateway, "/v2/verify", &next.token(&format!("b{turn}"))).await.0 == 200
    })
    .await;
    assert_eq!(ask(&gateway, "/v2/verify", &signer.token("2")).await.0, 401);
    installation.database.tenant(tenant).public_keys().delete(signer.application).await.unwrap().unwrap();
    within_5_s("no key counts", async || {
        turn += 1;
        ask(&gateway, "/v2/verify", &next.token(&format!("c{turn}"))).await.0 == 401
    })
    .await;
}
