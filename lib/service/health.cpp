#include <exception>

#include "lib/service/process_metrics.h"
#include "lib/service/service.h"

namespace sonde::service {
namespace {

std::string ask(const std::function<std::string()>& check) {
    try {
        return check();
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace

void Health::add(std::string name, std::function<std::string()> check) {
    const std::scoped_lock lock(mutex_);
    checks_.emplace_back(std::move(name), std::move(check));
}

Health::Report Health::report() const {
    const auto checks = [this] {
        const std::scoped_lock lock(mutex_);
        return checks_;  // a slow check must not hold up the others who ask
    }();
    Report report;
    auto results = Json::object();
    for (const auto& [name, check] : checks) {
        const auto reason = ask(check);
        if (!reason.empty()) report.ready = false;
        results[name] = reason.empty() ? "ok" : reason;
    }
    report.document["ready"] = report.ready;
    report.document["checks"] = std::move(results);
    return report;
}

void add_operational_routes(http::Router& router, const Health& health, const metrics::Registry& metrics) {
    using http::Method;
    using http::Request;
    using http::Response;
    router.add(Method::get, "/livez", [](const Request&) { return Response::text("ok\n"); });
    router.add(Method::get, "/readyz", [&health](const Request&) {
        const auto report = health.report();
        return Response::json(report.document, report.ready ? 200 : 503);
    });
    router.add(Method::get, "/metrics", [&metrics](const Request&) {
        return Response::text(metrics.expose() + process_metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
}

}  // namespace sonde::service
