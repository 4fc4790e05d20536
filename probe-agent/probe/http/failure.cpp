#include "probe-agent/probe/http/failure.h"

#include <fmt/format.h>

#include <cerrno>

#include "lib/check/tls/judge.h"

namespace sonde::agent {
namespace {

using check::FailureClass;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// OpenSSL's layer leaves errno in words only.
bool is_reset(const CurlFailure& failure) {
    return failure.os_error == ECONNRESET || failure.os_error == EPIPE || contains(failure.text, "reset by peer") ||
           contains(failure.text, "Broken pipe");
}

check::Failure bad_certificate(const CertificateWatch& certificate, const net::Url& url) {
    if (const auto why = certificate.distrust(); why != check::Distrust::none) {
        return {check::class_of(why),
                fmt::format("the certificate of {} is refused: {}", url.host, certificate.describe_error()), check::Phase::tls};
    }
    const auto subject = certificate.facts() ? certificate.facts()->certificate.subject : std::string("nobody");
    return {FailureClass::tls_hostname, fmt::format("the certificate is for {}, not for {}", subject, url.host), check::Phase::tls};
}

FailureClass class_of(const CurlFailure& failure) {
    switch (failure.code) {
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CIPHER:
        case CURLE_USE_SSL_FAILED:
            return is_reset(failure) ? FailureClass::reset : FailureClass::tls_handshake;
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
            // In TLS 1.3 a server that dislikes our certificate says so when the handshake is over for us: by an alert.
            return is_reset(failure) ? FailureClass::reset
                   : failure.in_handshake || contains(failure.text, " alert ") ? FailureClass::tls_handshake
                                          : FailureClass::http_protocol;
        case CURLE_COULDNT_CONNECT:
            return is_reset(failure) ? FailureClass::reset : FailureClass::unreachable;
        case CURLE_OPERATION_TIMEDOUT:
            return FailureClass::timeout_total;
        case CURLE_GOT_NOTHING:
            return is_reset(failure) ? FailureClass::reset : FailureClass::http_protocol;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_BAD_CONTENT_ENCODING:
            return FailureClass::http_protocol;
        default:
            return FailureClass::agent_error;  // out of memory, an unreadable authority file: ours
    }
}

}  // namespace

check::Failure describe_failure(const CurlFailure& failure, const CertificateWatch& certificate, const net::Url& url,
                                std::string_view peer) {
    // Of a broken signature libcurl only sees that the handshake failed.
    if (failure.code == CURLE_PEER_FAILED_VERIFICATION || certificate.distrust() != check::Distrust::none)
        return bad_certificate(certificate, url);
    // libcurl asks whom a fresh connection is with; of one that broke at once it tells that only.
    const bool says_nothing = failure.text.empty() || contains(failure.text, "getpeername()");
    const auto words = says_nothing ? std::string_view(curl_easy_strerror(failure.code)) : failure.text;
    return {class_of(failure), fmt::format("{} answered badly: {}", peer, words), check::Phase::none};
}

}  // namespace sonde::agent
