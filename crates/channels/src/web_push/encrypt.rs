//! Encrypts a push message for one browser (RFC 8291, content coding `aes128gcm` of RFC 8188, in a single record). Written on the
//! one source of cryptography that the workspace has; the crates for it bring another.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use pinfold_core::entropy;
use pinfold_core::push::Subscription;

/// Every push service takes bodies of this size (RFC 8030, 7.2).
const BODY_LIMIT: usize = 4096;
const SALT: usize = 16;
const PUBLIC_KEY: usize = 65;
/// Salt, record size, the length of the key, the key.
const HEADER: usize = SALT + 4 + 1 + PUBLIC_KEY;
const TAG: usize = 16;
/// What ends the last record.
const LAST: u8 = 2;
/// The longest text that fits.
pub(super) const LONGEST: usize = BODY_LIMIT - HEADER - TAG - 1;

/// The body of the message; `None` when the browser's key is no key, or the text is longer than [`LONGEST`].
pub(super) fn encrypt(text: &[u8], to: &Subscription) -> Option<Vec<u8>> {
    let own = PrivateKey::generate(&ECDH_P256).ok()?;
    encrypt_with(text, to, &own, entropy::bytes()).ok()
}

fn encrypt_with(text: &[u8], to: &Subscription, own: &PrivateKey, salt: [u8; SALT]) -> Result<Vec<u8>, Unspecified> {
    if text.len() > LONGEST {
        return Err(Unspecified);
    }
    let public = own.compute_public_key()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, to.p256dh());
    let keying = agree(own, theirs, Unspecified, |secret| {
        let about = [b"WebPush: info\0", &to.p256dh()[..], public.as_ref()].concat();
        expand::<32>(&Salt::new(HKDF_SHA256, to.auth()).extract(secret), &about)
    })?;
    let keys = Salt::new(HKDF_SHA256, &salt).extract(&keying);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &expand::<16>(&keys, b"Content-Encoding: aes128gcm\0")?)?);
    let nonce = Nonce::assume_unique_for_key(expand::<NONCE_LEN>(&keys, b"Content-Encoding: nonce\0")?);

    let mut body = Vec::with_capacity(HEADER + text.len() + 1 + TAG);
    body.extend(salt);
    body.extend(u32::try_from(BODY_LIMIT).map_err(|_| Unspecified)?.to_be_bytes());
    body.push(u8::try_from(public.as_ref().len()).map_err(|_| Unspecified)?);
    body.extend(public.as_ref());
    let begin = body.len();
    body.extend(text);
    body.push(LAST);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut body[begin..])?;
    body.extend(tag.as_ref());
    Ok(body)
}

/// So many bytes of a key.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const LENGTH: usize>(keys: &Prk, about: &[u8]) -> Result<[u8; LENGTH], Unspecified> {
    let mut bytes = [0; LENGTH];
    keys.expand(&[about], Bytes(LENGTH))?.fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn subscription(p256dh: &str) -> Subscription {
        Subscription::parse("https://push.example.net/1", p256dh, "BTBZMqHH6r4Tts7J_aSIgg").expect("a subscription")
    }

    #[test]
    fn the_example_of_the_standard_comes_out() {
        let decode = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let to = subscription("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let own =
            PrivateKey::from_private_key(&ECDH_P256, &decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).expect("a key");
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
        let body = encrypt_with(b"When I grow up, I want to be a watermelon", &to, &own, salt).expect("it fits");
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let to = subscription("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        assert_eq!(encrypt(&[b'x'; LONGEST], &to).map(|body| body.len()), Some(BODY_LIMIT));
        assert_eq!(encrypt(&[b'x'; LONGEST + 1], &to), None);
        // A point that is not on the curve.
        let off = subscription("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8");
        assert_eq!(encrypt(b"x", &off), None);
    }
}
