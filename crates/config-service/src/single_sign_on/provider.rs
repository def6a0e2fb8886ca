//! Tenants' own OpenID providers: what they say of themselves, and what they vouch for. Every request goes by the closed door; what a
//! provider said of itself is good for five minutes, and its keys are asked for once more when one is unknown.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use moka::sync::Cache;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EmptyAdditionalClaims, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    SubjectIdentifier, TokenResponse, TokenUrl, UserInfoUrl,
};
use pinfold_channels::{Fetch, NoAnswer};
use pinfold_core::id::TenantId;
use pinfold_postgres::SingleSignOn;

use super::claims::{Claims, name_of};
use super::fault::{Fault, Told};
use super::flow::Flow;

/// One request to a provider, and all of one step together: less than a gateway waits for this role.
const EXCHANGE: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_secs(4);
/// How long what a provider says of itself is good.
const GOOD_FOR: Duration = Duration::from_secs(300);
const MOST_KNOWN: u64 = 1_000;

/// How ID tokens may be signed: by a key that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Asks tenants' own OpenID providers. Shared by the threads of a process.
#[derive(Clone)]
pub struct IdentityProviders {
    fetch: Fetch,
    known: Cache<TenantId, Arc<CoreProviderMetadata>>,
}

/// A tenant's provider, as it described itself.
pub(super) struct Provider<'a> {
    providers: &'a IdentityProviders,
    tenant: TenantId,
    setting: &'a SingleSignOn,
    redirect: RedirectUrl,
    metadata: Arc<CoreProviderMetadata>,
}

impl IdentityProviders {
    /// Knows none yet. With the flag, providers may be at private addresses: for development.
    #[must_use]
    pub fn new(allow_private_addresses: bool) -> Self {
        let known = Cache::builder().max_capacity(MOST_KNOWN).time_to_live(GOOD_FOR).build();
        Self { fetch: Fetch::new(EXCHANGE, allow_private_addresses), known }
    }

    /// Whether a provider may be at an address.
    pub(super) fn permits(&self, url: &str) -> bool {
        self.fetch.permits(url)
    }

    /// Asks a provider what it is, its keys included.
    ///
    /// # Errors
    /// A fault when it does not answer, calls itself otherwise, or names an address that may not be reached.
    pub(super) async fn ask(&self, issuer: &str) -> Result<CoreProviderMetadata, Fault> {
        let away = |reason: String| Fault::new(Told::ProviderAway, reason);
        let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|_| away("no address".to_owned()))?;
        let http = self.http();
        let asked = tokio::time::timeout(STEP, CoreProviderMetadata::discover_async(issuer, &http)).await;
        let metadata = asked.map_err(|_| away("timeout".to_owned()))?.map_err(|error| away(unanswered(&error)))?;
        let addresses = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(TokenUrl::url),
            metadata.userinfo_endpoint().map(UserInfoUrl::url),
        ];
        if metadata.token_endpoint().is_none() || !addresses.into_iter().flatten().all(|url| self.permits(url.as_str())) {
            return Err(away("an endpoint is missing or may not be reached".to_owned()));
        }
        Ok(metadata)
    }

    /// Forgets what a tenant's provider said of itself.
    pub(super) fn forget(&self, tenant: TenantId) {
        self.known.invalidate(&tenant);
    }

    /// A tenant's provider.
    ///
    /// # Errors
    /// A fault when it cannot be asked what it is.
    pub(super) async fn of<'a>(
        &'a self,
        tenant: TenantId,
        setting: &'a SingleSignOn,
        redirect_uri: String,
    ) -> Result<Provider<'a>, Fault> {
        let redirect = RedirectUrl::new(redirect_uri).map_err(|_| Fault::new(Told::Unavailable, "no address of our own"))?;
        let known = self.known.get(&tenant).filter(|known| known.issuer().as_str() == setting.issuer);
        let metadata = match known {
            Some(known) => known,
            None => self.learn(tenant, setting).await?,
        };
        Ok(Provider { providers: self, tenant, setting, redirect, metadata })
    }

    /// Exchanges a code for what a tenant's provider vouches for.
    ///
    /// # Errors
    /// A fault when it does not answer, or its answer proves nothing.
    pub(super) async fn vouched(
        &self,
        tenant: TenantId,
        setting: &SingleSignOn,
        redirect_uri: String,
        (code, flow): (String, &Flow),
    ) -> Result<Claims, Fault> {
        let step = async { self.of(tenant, setting, redirect_uri).await?.exchange(code, flow).await };
        let step = tokio::time::timeout(STEP, step).await;
        step.unwrap_or_else(|_| Err(Fault::new(Told::ProviderAway, "timeout")))
    }

    async fn learn(&self, tenant: TenantId, setting: &SingleSignOn) -> Result<Arc<CoreProviderMetadata>, Fault> {
        let metadata = Arc::new(self.ask(&setting.issuer).await?);
        self.known.insert(tenant, Arc::clone(&metadata));
        Ok(metadata)
    }

    fn http(&self) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, NoAnswer>> + use<> {
        let fetch = self.fetch.clone();
        move |request| {
            let fetch = fetch.clone();
            async move { fetch.exchange(request).await }.boxed()
        }
    }
}

impl Provider<'_> {
    fn client(&self) -> Client {
        let metadata = CoreProviderMetadata::clone(&self.metadata);
        let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let is_in_body = methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let (id, secret) =
            (ClientId::new(self.setting.client_id.clone()), ClientSecret::new(self.setting.client_secret.to_string()));
        CoreClient::from_provider_metadata(metadata, id, Some(secret))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if is_in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    /// Where the browser goes: the code flow with PKCE; for a confirmation the provider is to ask anew who it is.
    pub(super) fn address(&self, flow: &Flow) -> String {
        let client = self.client();
        let (state, nonce) = (CsrfToken::new(flow.state.clone()), Nonce::new(flow.nonce.clone()));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(flow.verifier.clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if flow.confirms.is_some() {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        request.url().0.into()
    }

    async fn exchange(&mut self, code: String, flow: &Flow) -> Result<Claims, Fault> {
        let http = self.providers.http();
        let client = self.client();
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|_| unproven("no token endpoint"))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()));
        let answer: CoreTokenResponse = request.request_async(&http).await.map_err(refused)?;
        let token = answer.id_token().ok_or_else(|| unproven("no ID token"))?;
        let nonce = Nonce::new(flow.nonce.clone());
        let claims = match self.verified(&client, token, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                self.metadata = self.providers.learn(self.tenant, self.setting).await?;
                self.verified(&self.client(), token, &nonce)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| unproven(kind(&error)))?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.setting.client_id) {
            return Err(unproven("another authorized party"));
        }
        let mut known = Claims {
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            is_verified: claims.email_verified(),
            name: name_of(claims.name()),
            auth_time: claims.auth_time().map(|time| time.timestamp()),
        };
        if known.email.is_none() && client.user_info_url().is_some() {
            let info = self.user_info(&client, answer.access_token().clone(), claims.subject().clone()).await?;
            known.fill(info.standard_claims());
        }
        Ok(known)
    }

    /// The claims of an ID token: issuer, audience, signature, end and nonce are right.
    fn verified(
        &self,
        client: &Client,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        token.claims(&verifier, nonce).cloned()
    }

    async fn user_info(
        &self,
        client: &Client,
        token: AccessToken,
        subject: SubjectIdentifier,
    ) -> Result<CoreUserInfoClaims, Fault> {
        let http = self.providers.http();
        let request = client.user_info(token, Some(subject)).map_err(|_| unproven("no user info"))?;
        let info = request.request_async::<EmptyAdditionalClaims, _, CoreGenderClaim>(&http).await;
        info.map_err(|_| unproven("the user info cannot be read, or is of somebody else"))
    }
}

fn unproven(reason: &'static str) -> Fault {
    Fault::new(Told::Unproven, reason)
}

/// Why a provider could not be asked what it is, without its words.
fn unanswered(error: &DiscoveryError<NoAnswer>) -> String {
    match error {
        DiscoveryError::Request(why) => why.to_string(),
        DiscoveryError::Response(status, ..) => format!("http_{}", status.as_u16()),
        DiscoveryError::Parse(_) => "invalid_json".to_owned(),
        DiscoveryError::Validation(_) => "it calls itself otherwise".to_owned(),
        _ => "invalid_request".to_owned(),
    }
}

/// Why a code could not be exchanged, without the provider's words.
fn refused(error: RequestTokenError<NoAnswer, openidconnect::StandardErrorResponse<CoreErrorResponseType>>) -> Fault {
    match error {
        RequestTokenError::Request(why) => Fault::new(Told::ProviderAway, why.0),
        RequestTokenError::ServerResponse(answer) => unproven(match answer.error() {
            CoreErrorResponseType::InvalidClient => "invalid_client",
            CoreErrorResponseType::InvalidGrant => "invalid_grant",
            CoreErrorResponseType::InvalidRequest => "invalid_request",
            CoreErrorResponseType::UnauthorizedClient => "unauthorized_client",
            _ => "the code is refused",
        }),
        _ => unproven("a token answer that cannot be read"),
    }
}

/// What is wrong with an ID token, without what it says.
fn kind(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "an ID token that is over",
        ClaimsVerificationError::InvalidAudience(_) => "an ID token for another audience",
        ClaimsVerificationError::InvalidIssuer(_) => "an ID token of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "an ID token with another nonce",
        ClaimsVerificationError::SignatureVerification(_) => "an ID token whose signature is not the provider's",
        _ => "an ID token that cannot be judged",
    }
}
