//! Programs inside a lab trust it, each in the way of its own kind.

mod support;

use support::world::{home_with, inside};

#[test]
fn java_trusts_the_lab() {
    let Some(home) = home_with(&["java", "keytool"]) else { return };
    let source = "public class Get { public static void main(String[] urls) throws Exception {
        var answer = (java.net.HttpURLConnection) new java.net.URL(urls[0]).openConnection();
        System.out.println(answer.getResponseCode()); } }";
    let source = home.write("Get.java", source).display().to_string();
    let line =
        format!("java {source} https://www.shop.test/ && keytool -list -cacerts -storepass changeit | grep -c toynet");
    assert_eq!(inside(&home, &["sh", "-c", &line]).succeeded().stdout, "200\n1\n");
}

#[test]
fn programs_that_use_nss_p11_kit_or_gnutls_trust_the_lab() {
    let Some(home) = home_with(&["certutil", "tstclnt", "trust", "gnutls-cli", "wget"]) else { return };
    let line = "mkdir nss && certutil -N -d sql:nss --empty-password && \
                printf 'GET / HTTP/1.0\r\nHost: www.shop.test\r\n\r\n' >request && \
                tstclnt -h www.shop.test -p 443 -b -d sql:nss <request | grep -c 'must go'; \
                trust list --filter=ca-anchors | grep label: | cut -d' ' -f1-6; \
                gnutls-cli www.shop.test </dev/null | grep -c 'certificate is trusted'; \
                wget -qO- https://www.shop.test/ | grep -c 'must go'";
    let outcome = inside(&home, &["sh", "-c", line]);
    assert_eq!(outcome.stdout, "1\n    label: toynet\n1\n1\n", "{}", outcome.stderr);
}
