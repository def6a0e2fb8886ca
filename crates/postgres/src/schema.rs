//! The tables as queries see them. A test compares this with a migrated database.

diesel::table! {
    retentions (tenant_id) {
        tenant_id -> Uuid,
        recipient_days -> Int4,
    }
}

diesel::table! {
    api_key_uses (tenant_id, api_key_id) {
        tenant_id -> Uuid,
        api_key_id -> Uuid,
        used_at -> Timestamptz,
    }
}

diesel::table! {
    audit_entries (tenant_id, sequence) {
        tenant_id -> Uuid,
        sequence -> Int8,
        payload -> Text,
        hash -> Bytea,
        at_ms -> Nullable<Int8>,
        actor -> Nullable<Text>,
        action -> Nullable<Text>,
        object -> Nullable<Text>,
        object_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit_heads (tenant_id) {
        tenant_id -> Uuid,
        sequence -> Int8,
        hash -> Bytea,
    }
}

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
        master_version -> Int4,
        seals -> Bool,
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
        slug -> Nullable<Text>,
        durability -> Text,
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
        fallback -> Nullable<Jsonb>,
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
        max_per_second -> Nullable<Int4>,
        deadline_ms -> Nullable<Int4>,
        max_concurrency -> Nullable<Int4>,
        receipt_generation -> Int4,
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
    prefix_routes (tenant_id, channel, prefix) {
        tenant_id -> Uuid,
        channel -> Text,
        prefix -> Text,
        strategy -> Text,
        conversion_weight -> Int4,
        cost_weight -> Int4,
        latency_weight -> Int4,
    }
}

diesel::table! {
    route_legs (tenant_id, channel, prefix, place) {
        tenant_id -> Uuid,
        channel -> Text,
        prefix -> Text,
        place -> Int2,
        connection_id -> Uuid,
        weight -> Int4,
        sender -> Nullable<Text>,
        price_micros -> Nullable<Int8>,
        currency -> Nullable<Text>,
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
        master_version -> Int4,
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
        is_test -> Bool,
    }
}

diesel::table! {
    webhook_endpoints (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        url -> Text,
        description -> Text,
        event_types -> Array<Text>,
        is_enabled -> Bool,
        disabled_reason -> Nullable<Text>,
        disabled_at -> Nullable<Timestamptz>,
        failing_since -> Nullable<Timestamptz>,
        sealed -> Bytea,
        sealed_previous -> Nullable<Bytea>,
        previous_expires_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        format -> Text,
    }
}

diesel::table! {
    webhook_backlogs (tenant_id) {
        tenant_id -> Uuid,
        most -> Int4,
        waiting -> Int4,
        dropped -> Int8,
    }
}

diesel::table! {
    webhook_messages (tenant_id, endpoint_id, id) {
        tenant_id -> Uuid,
        endpoint_id -> Uuid,
        id -> Uuid,
        #[sql_name = "type"]
        kind -> Text,
        happened_at -> Timestamptz,
        data -> Jsonb,
        status -> Text,
        attempts -> Int4,
        tries -> Int4,
        due_at -> Timestamptz,
        lease -> Nullable<Uuid>,
        last_outcome -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_attempts (tenant_id, endpoint_id, message_id, number) {
        tenant_id -> Uuid,
        endpoint_id -> Uuid,
        message_id -> Uuid,
        number -> Int4,
        ended_at -> Timestamptz,
        outcome -> Text,
        status_code -> Nullable<Int2>,
        duration_ms -> Int4,
    }
}

diesel::table! {
    service_settings (tenant_id, application_id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        settings -> Jsonb,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    rate_limits (tenant_id, application_id, id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        id -> Uuid,
        unique_name -> Text,
        description -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    rate_limit_buckets (tenant_id, application_id, rate_limit_id, id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        rate_limit_id -> Uuid,
        id -> Uuid,
        most -> Int4,
        interval_s -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    messaging_configurations (tenant_id, application_id, country) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        country -> Text,
        messaging_service -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    safe_numbers (tenant_id, hash) {
        tenant_id -> Uuid,
        hash -> Bytea,
    }
}

diesel::table! {
    entities (tenant_id, application_id, id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        id -> Uuid,
        identity -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    factors (tenant_id, application_id, entity_id, id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        entity_id -> Uuid,
        id -> Uuid,
        friendly_name -> Text,
        is_verified -> Bool,
        totp -> Jsonb,
        metadata -> Nullable<Jsonb>,
        sealed -> Bytea,
        last_used -> Nullable<Int8>,
        failures -> Int2,
        locks -> Int2,
        locked_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    challenges (tenant_id, application_id, entity_id, id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        entity_id -> Uuid,
        factor_id -> Uuid,
        id -> Uuid,
        details -> Nullable<Jsonb>,
        hidden_details -> Nullable<Jsonb>,
        metadata -> Nullable<Jsonb>,
        expires_at -> Timestamptz,
        approved_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(applications, service_settings);

diesel::table! {
    origins (tenant_id, origin) {
        tenant_id -> Uuid,
        origin -> Text,
        application_id -> Uuid,
        message_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    public_keys (tenant_id, application_id) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        hash -> Bytea,
        key -> Bytea,
        environment -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    test_numbers (tenant_id, application_id, hash) {
        tenant_id -> Uuid,
        application_id -> Uuid,
        hash -> Bytea,
        place -> Int2,
        masked -> Text,
        sealed -> Bytea,
    }
}

diesel::table! {
    template_sets (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        is_default -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    template_fragments (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        template_set_id -> Uuid,
        channel -> Text,
        locale -> Text,
        text -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}
