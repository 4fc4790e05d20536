#include "notifier/send/mail_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "notifier/send/smtp_dialogue.h"

namespace sonde::notifier {
namespace {

#if LIBCURL_VERSION_NUM < 0x080200
constexpr auto kAllowRefusedRecipients = CURLOPT_MAIL_RCPT_ALLLOWFAILS;
#else
constexpr auto kAllowRefusedRecipients = CURLOPT_MAIL_RCPT_ALLOWFAILS;
#endif

constexpr milliseconds kLeave{2'000};
constexpr milliseconds kGrace{500};  // libcurl notices first that its time is over

std::string url_of(const MailRequest& request) {
    const bool is_ipv6 = request.server.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}/{}", request.security == MailSecurity::tls ? "smtps" : "smtp", is_ipv6 ? "[" : "", request.server, is_ipv6 ? "]" : "",
                       request.port, request.hello);
}

class MailTransfer : public Transfer {
public:
    MailTransfer(const SenderOptions& options, const net::Guard& guard, MailRequest request, const std::atomic<bool>& stop)
        : Transfer(options, guard), request_(std::move(request)), longest_(options.mail_timeout + kGrace), stop_(stop) {
        for (const auto& address : request_.to) recipients_.add(fmt::format("<{}>", address));
        for (const auto& line : request_.headers) headers_.add(line);
        headers_.add("Content-Type: multipart/alternative");
        mime_.reset(curl_mime_init(easy()));
        if (mime_ == nullptr) throw std::bad_alloc();
        add_part("text/plain; charset=utf-8", request_.text);
        add_part("text/html; charset=utf-8", request_.html);

        set(CURLOPT_URL, url_of(request_).c_str());
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set(CURLOPT_USE_SSL, static_cast<long>(request_.security == MailSecurity::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
        if (!request_.authorities.empty()) {
            curl_blob authorities{request_.authorities.data(), request_.authorities.size(), CURL_BLOB_COPY};
            set(CURLOPT_CAINFO_BLOB, &authorities);
        }
        if (!request_.user.empty()) {
            set(CURLOPT_USERNAME, request_.user.c_str());
            set(CURLOPT_PASSWORD, request_.password.c_str());
        }
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.mail_timeout.count()));
        set(CURLOPT_MAIL_FROM, fmt::format("<{}>", request_.from).c_str());
        set(CURLOPT_MAIL_RCPT, recipients_.head());
        set(kAllowRefusedRecipients, 1L);
        set(CURLOPT_HTTPHEADER, headers_.head());
        set(CURLOPT_MIMEPOST, mime_.get());
        set(CURLOPT_WRITEFUNCTION, &MailTransfer::on_body);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &MailTransfer::on_progress);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
        set(CURLOPT_DEBUGFUNCTION, &MailTransfer::on_debug);
        set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
        set(CURLOPT_VERBOSE, 1L);
    }
    ~MailTransfer() override {
        curl_easy_setopt(easy(), CURLOPT_VERBOSE, 0L);  // the dialogue is gone before the handle is
    }

    MailReply perform() {
        const auto code = curl_easy_perform(easy());
        MailReply reply;
        reply.end = dialogue_.end();
        reply.recipients = dialogue_.recipients();
        reply.took = took();
        if (reply.end.code == 0) {
            auto what = failure(code);
            reply.failure = what.outcome;
            reply.error = std::move(what.error);
        }
        return reply;
    }

protected:
    [[nodiscard]] std::optional<std::string> refusal(const net::Address& address) const override {
        if (auto why = guard().refusal(address)) return why;
        if (request_.security != MailSecurity::none || guard().is_named(address)) return std::nullopt;
        return fmt::format("without TLS only to addresses that guard.allow names, and {} is not among them", address.text());
    }

private:
    void add_part(const char* type, const std::string& text) {
        auto* part = curl_mime_addpart(mime_.get());
        if (part == nullptr || curl_mime_data(part, text.data(), text.size()) != CURLE_OK || curl_mime_type(part, type) != CURLE_OK ||
            curl_mime_encoder(part, "quoted-printable") != CURLE_OK) {
            throw std::bad_alloc();
        }
    }

    static std::size_t on_body(const char*, std::size_t, std::size_t size, void*) noexcept { return size; }

    // Called once a second at the least, also while an answer is waited for.
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        auto& transfer = *static_cast<MailTransfer*>(self);
        // Also of a server that was given up libcurl would take leave, and wait for its answer.
        if (transfer.stop_ || transfer.took() > transfer.longest_) return 1;
        // All is said: whoever then does not take leave is left.
        if (!transfer.dialogue_.is_over()) return 0;
        const auto now = std::chrono::steady_clock::now();
        if (!transfer.over_since_) transfer.over_since_ = now;
        return now - *transfer.over_since_ > kLeave ? 1 : 0;
    }

    static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) noexcept {
        auto& dialogue = static_cast<MailTransfer*>(self)->dialogue_;
        if (type == CURLINFO_HEADER_OUT) dialogue.said({data, size});
        if (type == CURLINFO_HEADER_IN) dialogue.answered({data, size});
        return 0;
    }

    MailRequest request_;
    const milliseconds longest_;
    const std::atomic<bool>& stop_;
    CurlList recipients_;
    CurlList headers_;
    std::unique_ptr<curl_mime, decltype(&curl_mime_free)> mime_{nullptr, &curl_mime_free};
    SmtpDialogue dialogue_;
    std::optional<MonotonicPoint> over_since_;
};

}  // namespace

MailReply send_mail(const SenderOptions& options, const net::Guard& guard, MailRequest request, const std::atomic<bool>& stop) {
    return MailTransfer(options, guard, std::move(request), stop).perform();
}

}  // namespace sonde::notifier
