#include "probe-agent/probe/http/client.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "probe-agent/probe/http/failure.h"

namespace sonde::agent {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxIdle = 512;  // checks begin in bursts, and to make a handle anew is dear
constexpr long kReadBuffer = 4096;  // answers are small; 16 KiB for each check under way would be most of its memory

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    return text.substr(0, text.find_last_not_of(blank) + 1);
}

microseconds time_of(CURL* easy, CURLINFO which) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy, which, &us);
    return microseconds{us};
}

std::string version_of(CURL* easy) {
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    switch (version) {
        case CURL_HTTP_VERSION_1_0:
            return "1.0";
        case CURL_HTTP_VERSION_1_1:
            return "1.1";
        case CURL_HTTP_VERSION_2_0:
            return "2";
        default:
            return "";
    }
}

}  // namespace

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

struct HttpClient::Easy {
    CURL* handle = nullptr;
    char error[CURL_ERROR_SIZE] = {};
};

void HttpClient::DropEasy::operator()(Easy* easy) const {
    if (easy->handle != nullptr) curl_easy_cleanup(easy->handle);
    delete easy;
}

HttpClient::HttpClient(uv::Loop& loop, CertificateCache& certificates, Options options)
    : options_(std::move(options)), certificates_(certificates), multi_(loop) {
    if (options_.ca_file.empty()) {
        const auto* version = curl_version_info(CURLVERSION_NOW);
        if (version->cainfo != nullptr) options_.ca_file = version->cainfo;
    } else if (::access(options_.ca_file.c_str(), R_OK) != 0) {
        throw std::runtime_error(
            fmt::format("cannot read the certificate authorities in {}: {}", options_.ca_file, std::strerror(errno)));
    }
}

HttpClient::~HttpClient() = default;

// An easy handle with everything that is the same for all exchanges.
HttpClient::EasyHandle HttpClient::take() {
    if (!idle_.empty()) {
        auto easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
    }
    EasyHandle easy(new Easy);
    easy->handle = curl_easy_init();
    if (easy->handle == nullptr) throw std::bad_alloc();
    CURL* const handle = easy->handle;
    const auto set = [handle](CURLoption option, auto value) {
        if (curl_easy_setopt(handle, option, value) != CURLE_OK)
            throw std::logic_error(fmt::format("libcurl lacks option {}", static_cast<int>(option)));
    };
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(easy->error));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);  // each hop is resolved and guarded by us
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    set(CURLOPT_HTTP09_ALLOWED, 0L);
    set(CURLOPT_PATH_AS_IS, 1L);  // net::parse_url has put it right
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    set(CURLOPT_BUFFERSIZE, kReadBuffer);
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    // With a CAPATH, which Debian sets by default, libcurl parses all authorities anew for each connection: 25 times the CPU.
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    set(CURLOPT_HEADERFUNCTION, &HttpExchange::on_header);
    set(CURLOPT_WRITEFUNCTION, &HttpExchange::on_body);
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpExchange::on_open);
    set(CURLOPT_SOCKOPTFUNCTION, &HttpExchange::on_socket);
    set(CURLOPT_SSL_CTX_FUNCTION, &HttpExchange::on_tls);
    return easy;
}

void HttpClient::give_back(EasyHandle easy) {
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(easy));
}

HttpExchange::HttpExchange(HttpClient& client, HttpRequest request, Socket socket, net::Address address, int port,
                           std::function<void(HttpAnswer)> done)
    : client_(client),
      request_(std::move(request)),
      socket_(std::move(socket)),
      address_(address),
      port_(port),
      done_(std::move(done)),
      easy_(client.take()),
      certificate_(client.certificates_) {}

HttpExchange::~HttpExchange() {
    if (easy_ == nullptr) return;
    client_.multi_.remove(easy_->handle);
    client_.give_back(std::move(easy_));
}

void HttpExchange::start() {
    prepare();
    started_ = std::chrono::steady_clock::now();
    client_.multi_.add(easy_->handle, this);
}

void HttpExchange::prepare() {
    CURL* const easy = easy_->handle;
    easy_->error[0] = '\0';
    curl_.apply(easy, request_, address_, port_, client_.options_.ca_file);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, this);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

std::string HttpExchange::peer() const {
    return (request_.by_proxy() ? "the proxy " : "") + net::with_port(address_, port_);
}

void HttpExchange::note_header(std::string_view line) {
    auto& facts = answer_.facts;
    if (line.starts_with("HTTP/")) {
        // What came before was an interim answer.
        answer_.location.clear();
        facts.headers.clear();
        facts.trailers.clear();
        headers_ended_ = false;
        facts.status_line = trimmed(line);
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        headers_ended_ = headers_ended_ || trimmed(line).empty();
        return;
    }
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (headers_ended_) {
        facts.trailers.emplace_back(name, value);
        return;
    }
    if (equals_ignoring_case(name, "location")) answer_.location = value;
    facts.headers.emplace_back(name, value);
}

std::size_t HttpExchange::on_header(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    const std::string_view line(data, size * count);
    exchange.header_bytes_ += line.size();
    if (exchange.header_bytes_ > kMaxHeaderBytes) {
        exchange.headers_too_long_ = true;
        return 0;
    }
    exchange.note_header(line);
    return line.size();
}

std::size_t HttpExchange::on_body(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    const auto& request = exchange.request_;
    auto& facts = exchange.answer_.facts;
    long status = 0;
    curl_easy_getinfo(exchange.easy_->handle, CURLINFO_RESPONSE_CODE, &status);
    if (request.follow_redirects && is_redirect(static_cast<int>(status)) && !exchange.answer_.location.empty()) {
        exchange.stopped_ = true;  // nobody reads the body of a redirect
        return 0;
    }
    const auto bytes = static_cast<std::int64_t>(size * count);
    const auto taken = std::min(bytes, request.max_body_bytes - facts.body_bytes);
    const auto kept = std::min(static_cast<std::size_t>(taken), request.keep_body_bytes - std::min(facts.body.size(), request.keep_body_bytes));
    facts.body.append(data, kept);
    facts.body_bytes += taken;
    if (taken == bytes) return size * count;
    facts.body_truncated = true;
    exchange.stopped_ = true;
    return 0;
}

curl_socket_t HttpExchange::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    // The guard let this very address pass; a second look costs nothing. Once used, the socket is libcurl's.
    const auto wanted = net::Address::from(&address->addr);
    if (!wanted || !(*wanted == exchange.address_) || !exchange.socket_) return CURL_SOCKET_BAD;
    return exchange.socket_.release();
}

int HttpExchange::on_socket(void* /*self*/, curl_socket_t /*fd*/, curlsocktype /*purpose*/) {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

CURLcode HttpExchange::on_tls(CURL* /*easy*/, void* context, void* self) {
    auto& exchange = *static_cast<HttpExchange*>(self);
    exchange.certificate_.reset();
    exchange.certificate_.install(static_cast<SSL_CTX*>(context), exchange.request_.verify ? Verification::enforced : Verification::off);
    return CURLE_OK;
}

// The timers of libcurl are cumulative, from the start of the transfer. A phase under way has lasted until now.
check::Phases HttpExchange::phases() const {
    CURL* const easy = easy_->handle;
    const auto elapsed = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - started_);
    const auto first_byte = time_of(easy, CURLINFO_STARTTRANSFER_TIME_T);
    const auto secured = time_of(easy, CURLINFO_APPCONNECT_TIME_T);
    check::Phases phases;
    if (request_.url.scheme == "https") {
        phases.tls = secured.count() > 0 ? secured : elapsed;
        if (secured.count() == 0) return phases;
    }
    phases.first_byte = (first_byte.count() > 0 ? first_byte : elapsed) - phases.tls;
    if (first_byte.count() > 0) phases.transfer = std::max(elapsed - first_byte, microseconds{0});
    return phases;
}

check::Phase HttpExchange::step() const {
    if (request_.url.scheme == "https" && time_of(easy_->handle, CURLINFO_APPCONNECT_TIME_T).count() == 0) return check::Phase::tls;
    const bool has_head = time_of(easy_->handle, CURLINFO_STARTTRANSFER_TIME_T).count() != 0 && headers_ended_;
    return has_head ? check::Phase::transfer : check::Phase::first_byte;
}

void HttpExchange::note_facts() {
    long status = 0;
    curl_easy_getinfo(easy_->handle, CURLINFO_RESPONSE_CODE, &status);
    answer_.facts.status = static_cast<int>(status);
    answer_.facts.version = status == 0 ? "" : version_of(easy_->handle);
    answer_.tls = certificate_.facts();
    answer_.phases = phases();
}

HttpAnswer HttpExchange::so_far() {
    note_facts();
    return answer_;
}

// What a completed request lacks, or why the proxy let none through.
check::Failure HttpExchange::shortfall(CURLcode code) const {
    long connect_status = 0;
    curl_easy_getinfo(easy_->handle, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (code != CURLE_OK && request_.by_proxy() && connect_status >= 300) {
        return {check::FailureClass::http_protocol,
                fmt::format("{} does not connect to {}: it answered {}", peer(), request_.url.origin(), connect_status), check::Phase::connect};
    }
    const bool answered = code == CURLE_OK || stopped_;
    if (answered && request_.connection->version == check::HttpVersion::http_2 && answer_.facts.version != "2") {
        return {check::FailureClass::http_protocol, fmt::format("{} speaks HTTP/{}, and HTTP/2 is asked for", peer(), answer_.facts.version),
                check::Phase::first_byte};
    }
    return {};
}

void HttpExchange::transferred(CURLcode code) {
    note_facts();
    if (headers_too_long_) {
        answer_.failure = {check::FailureClass::http_protocol,
                           fmt::format("the headers of the answer are longer than {} bytes", kMaxHeaderBytes), check::Phase::first_byte};
    } else if (auto lacks = shortfall(code)) {
        answer_.failure = std::move(lacks);
    } else if (code != CURLE_OK && !(stopped_ && code == CURLE_WRITE_ERROR)) {
        long os_error = 0;
        curl_easy_getinfo(easy_->handle, CURLINFO_OS_ERRNO, &os_error);
        const bool in_handshake = step() == check::Phase::tls;
        answer_.failure = describe_failure({code, static_cast<int>(os_error), easy_->error, in_handshake}, certificate_,
                                           request_.url, peer());
        answer_.failure.phase = step();
    }
    client_.give_back(std::move(easy_));
    const auto done = std::move(done_);
    done(std::move(answer_));
}

}  // namespace sonde::agent
