//! Lists the tenant's API keys, page by page, without their secrets.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::TenantId;
use pinfold_core::keys::MasterKey;
use pinfold_http::{Authorized, KeysManage, Params, Problem};
use pinfold_postgres::{KeyFilter, KeyOrder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::fields::check_account;
use super::view::ApiKeyView;
use crate::refusals::{ApiException, Infobip};
use crate::{State, store};

/// The most keys on a page, and as many as there are when a request does not say.
const LARGEST_PAGE: u32 = 100;
/// Pages past this one are not given.
const LAST_PAGE: u32 = 10_000;

/// Which keys, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Your own account; may be left out.
    account_id: Option<String>,
    /// Keys whose name contains this, whatever the case.
    #[param(max_length = 255)]
    name: Option<String>,
    /// The page, from 0.
    #[param(maximum = 10_000)]
    page: Option<u32>,
    /// Keys on a page; 100 by default.
    #[param(minimum = 1, maximum = 100)]
    size: Option<u32>,
    /// `name`, `validFrom` or `validTo`; when they were created by default.
    order_by: Option<String>,
    /// `asc` by default, or `desc`.
    order_direction: Option<String>,
    /// Keys that are switched on, or those that are not.
    #[param(value_type = Option<bool>)]
    enabled: Option<String>,
    /// The key with this secret. A secret does better not to stand in an address.
    #[param(max_length = 255)]
    api_key_secret: Option<String>,
}

/// A page of a tenant's API keys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyList)]
pub(crate) struct ListView {
    /// The keys of the page.
    api_keys: Vec<ApiKeyView>,
    /// Which page it is.
    paging: PagingView,
}

/// Which page of how many.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Paging)]
struct PagingView {
    /// The page, from 0.
    page: u32,
    /// The most keys on a page.
    page_size: u32,
    /// `asc` or `desc`.
    #[schema(value_type = String, example = "asc")]
    order_direction: &'static str,
    /// What the keys are ordered by.
    #[schema(value_type = String, example = "createdAt")]
    order_by: &'static str,
    /// Keys on all pages.
    total_count: u64,
    /// Pages.
    total_pages: u64,
}

/// Lists the API keys, without their secrets.
#[utoipa::path(
    get,
    path = "/settings/2/api-keys",
    operation_id = "api_keys.list",
    tag = "API keys",
    params(ListParams),
    responses(
        (status = 200, description = "A page of the keys", body = ListView),
        (status = 400, description = "A parameter is past its bound", body = ApiException),
        Infobip,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    params: Params<ListParams>,
) -> Result<HttpResponse, Problem> {
    let filter = params.filter(caller.tenant, &state.master)?;
    let page = state.database.tenant(caller.tenant).api_keys().list(filter.clone()).await.map_err(store::problem)?;
    let api_keys = page.items.into_iter().map(|issued| ApiKeyView::of(caller.tenant, issued)).collect();
    Ok(HttpResponse::Ok().json(ListView { api_keys, paging: paging(&filter, page.total) }))
}

impl ListParams {
    fn filter(&self, tenant: TenantId, master: &MasterKey) -> Result<KeyFilter, Vec<FieldError>> {
        let mut checks = Checks::default();
        check_account(self.account_id.as_ref(), tenant, &mut checks);
        let (page, size) = (self.page.unwrap_or(0), self.size.unwrap_or(LARGEST_PAGE));
        checks.require(page <= LAST_PAGE, "page", format!("must be at most {LAST_PAGE}"));
        checks.require((1..=LARGEST_PAGE).contains(&size), "size", format!("must be between 1 and {LARGEST_PAGE}"));
        let is_storable = |name: &String| name.len() <= 255 && !name.contains('\0');
        checks.require(self.name.as_ref().is_none_or(is_storable), "name", "must have at most 255 characters");
        let order = match self.order_by.as_deref() {
            None | Some("" | "id" | "createdAt") => KeyOrder::Created,
            Some("name") => KeyOrder::Name,
            Some("validFrom") => KeyOrder::ValidFrom,
            Some("validTo") => KeyOrder::ValidTo,
            Some(_) => {
                checks.require(false, "orderBy", "must be one of createdAt, name, validFrom, validTo");
                KeyOrder::Created
            }
        };
        let direction = self.order_direction.as_deref().unwrap_or("asc").to_ascii_lowercase();
        checks.require(matches!(direction.as_str(), "" | "asc" | "desc"), "orderDirection", "must be asc or desc");
        let is_enabled = match self.enabled.as_deref() {
            None | Some("") => None,
            Some(text) => checks.take("enabled", text.parse().map_err(|_| "must be true or false")),
        };
        checks.finish()?;
        Ok(KeyFilter {
            name: self.name.clone(),
            is_enabled,
            hash: self.api_key_secret.as_ref().map(|secret| master.credential_hash(secret)),
            order,
            is_descending: direction == "desc",
            page,
            size,
        })
    }
}

fn paging(filter: &KeyFilter, total: u64) -> PagingView {
    PagingView {
        page: filter.page,
        page_size: filter.size,
        order_direction: if filter.is_descending { "desc" } else { "asc" },
        order_by: match filter.order {
            KeyOrder::Created => "createdAt",
            KeyOrder::Name => "name",
            KeyOrder::ValidFrom => "validFrom",
            KeyOrder::ValidTo => "validTo",
        },
        total_count: total,
        total_pages: total.div_ceil(filter.size.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(params: &ListParams) -> Result<KeyFilter, Vec<String>> {
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        params.filter(TenantId::from_bytes([10; 16]), &MasterKey::new(&[1; 32])).map_err(fields)
    }

    #[test]
    fn nothing_stated_is_the_first_hundred() {
        assert_eq!(filter(&ListParams::default()), Ok(KeyFilter { size: 100, ..KeyFilter::default() }));
    }

    #[test]
    fn a_secret_is_looked_for_by_its_hash() {
        let params = ListParams { api_key_secret: Some("pf_live_x".into()), ..ListParams::default() };
        let hash = MasterKey::new(&[1; 32]).credential_hash("pf_live_x");
        assert_eq!(filter(&params).map(|filter| filter.hash), Ok(Some(hash)));
    }

    #[test]
    fn each_broken_bound_is_named() {
        let text = |text: &str| Some(text.to_owned());
        for (params, field) in [
            (ListParams { size: Some(0), ..ListParams::default() }, "size"),
            (ListParams { size: Some(101), ..ListParams::default() }, "size"),
            (ListParams { page: Some(u32::MAX), ..ListParams::default() }, "page"),
            (ListParams { order_by: text("hash"), ..ListParams::default() }, "orderBy"),
            (ListParams { order_by: text("name; DROP TABLE api_keys"), ..ListParams::default() }, "orderBy"),
            (ListParams { order_direction: text("up"), ..ListParams::default() }, "orderDirection"),
            (ListParams { enabled: text("undefined"), ..ListParams::default() }, "enabled"),
            (ListParams { name: text("a\0b"), ..ListParams::default() }, "name"),
            (ListParams { account_id: text("other"), ..ListParams::default() }, "accountId"),
        ] {
            assert_eq!(filter(&params), Err(vec![field.to_owned()]), "{params:?}");
        }
    }

    #[test]
    fn pages_are_counted() {
        let pages = |size, total| paging(&KeyFilter { size, ..KeyFilter::default() }, total).total_pages;
        assert_eq!([pages(10, 0), pages(10, 1), pages(10, 10), pages(10, 11), pages(1, 3)], [0, 1, 1, 2, 3]);
    }
}
