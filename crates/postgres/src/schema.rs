//! The tables as queries see them. A test compares this with a migrated database.

diesel::table! {
    tenants (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        is_enabled -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    tenant_keys (tenant_id, version) {
        tenant_id -> Uuid,
        version -> Int4,
        sealed -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    config_versions (tenant_id) {
        tenant_id -> Uuid,
        version -> Int8,
    }
}

diesel::table! {
    applications (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        is_enabled -> Bool,
        pin_attempts -> Int2,
        allow_multiple_verifications -> Bool,
        time_to_live -> Text,
        verify_limit -> Text,
        send_per_application_limit -> Text,
        send_per_number_limit -> Text,
        lock_after -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    messages (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        application_id -> Uuid,
        kind -> Text,
        alphabet -> Text,
        pin_length -> Int2,
        body -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    connections (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        kind -> Text,
        is_enabled -> Bool,
        sealed -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    routes (tenant_id, channel) {
        tenant_id -> Uuid,
        channel -> Text,
        connection_id -> Uuid,
    }
}

diesel::table! {
    api_keys (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        hash -> Bytea,
        prefix -> Text,
        scopes -> Array<Text>,
        environment -> Text,
        default_application_id -> Nullable<Uuid>,
        networks -> Array<Text>,
        permissions -> Array<Text>,
        platform -> Array<Text>,
        scope_guids -> Array<Text>,
        valid_from -> Nullable<Timestamptz>,
        valid_to -> Nullable<Timestamptz>,
        is_enabled -> Bool,
        created_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        sealed_private -> Bytea,
        public_jwk -> Jsonb,
        created_at -> Timestamptz,
        retires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    verifications (tenant_id, pin_id, created_at) {
        tenant_id -> Uuid,
        pin_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        application_id -> Nullable<Uuid>,
        message_id -> Uuid,
        subject -> Bytea,
        channel -> Text,
        deliveries -> Int2,
        wrong_guesses -> Int4,
        sent_at -> Nullable<Timestamptz>,
        verified_at -> Nullable<Timestamptz>,
        status -> Text,
    }
}
