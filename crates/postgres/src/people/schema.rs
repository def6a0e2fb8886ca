//! The tables of people, as the code sees them. A test compares them with the migrated ones.

diesel::table! {
    people (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password -> Nullable<Text>,
        created_at -> Timestamptz,
        managed_by -> Nullable<Uuid>,
        issuer -> Nullable<Text>,
        subject -> Nullable<Text>,
    }
}

diesel::table! {
    single_sign_ons (tenant_id) {
        tenant_id -> Uuid,
        issuer -> Text,
        client_id -> Text,
        sealed_secret -> Bytea,
        new_members_role -> Nullable<Text>,
        allowed_domains -> Array<Text>,
    }
}

diesel::table! {
    operators (person_id) {
        person_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    memberships (tenant_id, person_id) {
        tenant_id -> Uuid,
        person_id -> Uuid,
        role -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    invitations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        role -> Text,
        hash -> Bytea,
        invited_by -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    sign_ups (hash) {
        hash -> Bytea,
        email -> Text,
        email_key -> Text,
        name -> Text,
        organization -> Text,
        password -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    password_resets (hash) {
        hash -> Bytea,
        person_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    person_attempts (subject) {
        subject -> Bytea,
        spent -> Int4,
        next_at -> Timestamptz,
        over_at -> Timestamptz,
    }
}

diesel::table! {
    person_mails (id) {
        id -> Uuid,
        sealed -> Bytea,
        attempts -> Int2,
        due_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        person_id -> Uuid,
        hash -> Bytea,
        stage -> Text,
        current_tenant_id -> Nullable<Uuid>,
        address -> Text,
        user_agent -> Text,
        confirmed_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        used_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    login_totps (person_id) {
        person_id -> Uuid,
        sealed -> Bytea,
        master_version -> Int4,
        is_confirmed -> Bool,
        last_used -> Nullable<Int8>,
        failures -> Int2,
        locks -> Int2,
        locked_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_codes (person_id, hash) {
        person_id -> Uuid,
        hash -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Uuid,
        person_id -> Uuid,
        credential_id -> Bytea,
        name -> Text,
        credential -> Jsonb,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    offboardings (id) {
        id -> Uuid,
        slug -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        removed -> Jsonb,
        redis_keys -> Int8,
    }
}
