#include "lib/bus/management.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace sonde::bus::management {
namespace {

constexpr std::int64_t kWaitMs = 5000;
constexpr int kAppearAttempts = 5;
constexpr std::int64_t kAppearPauseMs = 100;
constexpr std::int64_t kNanosecondsPerMs = 1'000'000;
// Enough pull requests for a region with hundreds of agents; the default of 512 would refuse some.
constexpr std::int64_t kMaxWaiting = 2048;
// We number nothing, so nothing is ever found to be a duplicate: remember as little as may be.
constexpr std::int64_t kDuplicatesNs = 1'000 * kNanosecondsPerMs;

std::string last_error(natsStatus status) {
    const char* text = nats_GetLastError(nullptr);
    return text != nullptr && *text != '\0' ? text : natsStatus_GetText(status);
}

Error failed(std::string_view what, const std::string& name, natsStatus status) {
    return Error{fmt::format("{} {}: {}", what, name, last_error(status))};
}

struct Context {
    Owned<jsCtx> js;
    jsErrCode code{};

    explicit Context(natsConnection* connection) {
        jsOptions options;
        jsOptions_Init(&options);
        options.Wait = kWaitMs;
        jsCtx* made = nullptr;
        natsConnection_JetStream(&made, connection, &options);
        js.reset(made);
    }
};

// Nothing with NATS_NOT_FOUND in `status` if it does not exist.
Owned<jsStreamInfo> stream_info(Context& context, const std::string& name, natsStatus& status) {
    jsStreamInfo* info = nullptr;
    status = js_GetStreamInfo(&info, context.js.get(), name.c_str(), nullptr, &context.code);
    return Owned<jsStreamInfo>(info);
}

Owned<jsConsumerInfo> consumer_info(Context& context, const std::string& stream, const std::string& durable, natsStatus& status) {
    jsConsumerInfo* info = nullptr;
    status = js_GetConsumerInfo(&info, context.js.get(), stream.c_str(), durable.c_str(), nullptr, &context.code);
    if (context.code == JSStreamNotFoundErr) status = NATS_NOT_FOUND;
    return Owned<jsConsumerInfo>(info);
}

jsRetentionPolicy retention_of(const StreamSpec& spec) {
    return spec.retention == Retention::work_queue ? js_WorkQueuePolicy : js_LimitsPolicy;
}
jsStorageType storage_of(const StreamSpec& spec) { return spec.storage == Storage::memory ? js_MemoryStorage : js_FileStorage; }

bool has_subjects(const jsStreamConfig& config, const std::vector<std::string>& subjects) {
    std::vector<std::string> present(config.Subjects, config.Subjects + config.SubjectsLen);
    auto wanted = subjects;
    std::sort(present.begin(), present.end());
    std::sort(wanted.begin(), wanted.end());
    return present == wanted;
}

// The first setting in which the stream is not as it should be; empty if there is none.
std::string difference(const jsStreamConfig& config, const StreamSpec& spec) {
    if (config.Retention != retention_of(spec)) return "retention";
    if (config.Storage != storage_of(spec)) return "storage";
    if (!has_subjects(config, spec.subjects)) return "subjects";
    if (config.MaxAge != spec.max_age.count() * kNanosecondsPerMs) return "max_age";
    if (config.MaxBytes != spec.max_bytes) return "max_bytes";
    if (config.MaxMsgSize != spec.max_message_bytes) return "max_msg_size";
    if (config.Replicas != spec.replicas) return "num_replicas";
    if (config.Discard != js_DiscardOld) return "discard";
    return {};
}

std::string difference(const jsConsumerConfig& config, const ConsumerSpec& spec) {
    if (config.AckPolicy != js_AckExplicit) return "ack_policy";
    if ((config.FilterSubject != nullptr ? config.FilterSubject : "") != spec.filter) return "filter_subject";
    if (config.AckWait != spec.ack_wait.count() * kNanosecondsPerMs) return "ack_wait";
    if (config.MaxDeliver != spec.max_deliver) return "max_deliver";
    if (config.MaxAckPending != spec.max_ack_pending) return "max_ack_pending";
    return {};
}

// True once the stream exists, which is waited for a little.
bool appears(Context& context, const std::string& name) {
    for (int attempt = 0; attempt < kAppearAttempts; ++attempt) {
        natsStatus status = NATS_OK;
        if (stream_info(context, name, status)) return true;
        nats_Sleep(kAppearPauseMs);
    }
    return false;
}

}  // namespace

Status ensure_stream(natsConnection* connection, const StreamSpec& spec) {
    Context context(connection);
    natsStatus status = NATS_OK;
    auto present = stream_info(context, spec.name, status);
    if (status != NATS_OK && status != NATS_NOT_FOUND) return failed("looking for stream", spec.name, status);
    if (present && difference(*present->Config, spec).empty()) return Done{};

    std::vector<const char*> subjects;
    for (const auto& subject : spec.subjects) subjects.push_back(subject.c_str());
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = spec.name.c_str();
    config.Subjects = subjects.data();
    config.SubjectsLen = static_cast<int>(subjects.size());
    config.Retention = retention_of(spec);
    config.Storage = storage_of(spec);
    config.MaxAge = spec.max_age.count() * kNanosecondsPerMs;
    config.MaxBytes = spec.max_bytes;
    config.MaxMsgSize = static_cast<std::int32_t>(std::min<std::int64_t>(spec.max_message_bytes, std::numeric_limits<std::int32_t>::max()));
    config.Replicas = spec.replicas;
    config.Discard = js_DiscardOld;
    config.Duplicates = kDuplicatesNs;
    if (present) {
        status = js_UpdateStream(nullptr, context.js.get(), &config, nullptr, &context.code);
        if (status != NATS_OK) {
            return Error{fmt::format("updating stream {}, which differs in {}: {}", spec.name, difference(*present->Config, spec),
                                     last_error(status))};
        }
    } else {
        status = js_AddStream(nullptr, context.js.get(), &config, nullptr, &context.code);
        // Somebody else may be creating it, too: then it exists, or is about to while its space is reserved twice. Whether theirs is
        // right is seen below.
        auto error = failed("creating stream", spec.name, status);
        if (status != NATS_OK && !appears(context, spec.name)) return error;
    }

    const auto made = stream_info(context, spec.name, status);
    if (!made) return failed("reading back stream", spec.name, status);
    if (const auto wrong = difference(*made->Config, spec); !wrong.empty()) {
        return Error{fmt::format("stream {} has another {} than it was given", spec.name, wrong)};
    }
    return Done{};
}

Status ensure_consumer(natsConnection* connection, const ConsumerSpec& spec) {
    Context context(connection);
    const auto name = spec.stream + "/" + spec.durable;
    natsStatus status = NATS_OK;
    auto present = consumer_info(context, spec.stream, spec.durable, status);
    if (status != NATS_OK && context.code != JSConsumerNotFoundErr) return failed("looking for consumer", name, status);
    if (present && difference(*present->Config, spec).empty()) return Done{};

    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.Durable = spec.durable.c_str();
    config.DeliverPolicy = js_DeliverAll;
    config.AckPolicy = js_AckExplicit;
    config.AckWait = spec.ack_wait.count() * kNanosecondsPerMs;
    config.MaxDeliver = spec.max_deliver;
    config.MaxAckPending = spec.max_ack_pending;
    config.FilterSubject = spec.filter.empty() ? nullptr : spec.filter.c_str();
    // Cannot be changed afterwards.
    config.MaxWaiting = present ? present->Config->MaxWaiting : kMaxWaiting;
    status = present ? js_UpdateConsumer(nullptr, context.js.get(), spec.stream.c_str(), &config, nullptr, &context.code)
                     : js_AddConsumer(nullptr, context.js.get(), spec.stream.c_str(), &config, nullptr, &context.code);
    if (status != NATS_OK && context.code != JSConsumerNameExistErr) {
        if (!present) return failed("creating consumer", name, status);
        return Error{fmt::format("updating consumer {}, which differs in {}: {}", name, difference(*present->Config, spec), last_error(status))};
    }

    const auto made = consumer_info(context, spec.stream, spec.durable, status);
    if (!made) return failed("reading back consumer", name, status);
    if (const auto wrong = difference(*made->Config, spec); !wrong.empty()) {
        return Error{fmt::format("consumer {} has another {} than it was given", name, wrong)};
    }
    return Done{};
}

Status delete_stream(natsConnection* connection, const std::string& name) {
    Context context(connection);
    const auto status = js_DeleteStream(context.js.get(), name.c_str(), nullptr, &context.code);
    if (status != NATS_OK && context.code != JSStreamNotFoundErr) return failed("deleting stream", name, status);
    return Done{};
}

Status delete_consumer(natsConnection* connection, const std::string& stream, const std::string& durable) {
    Context context(connection);
    const auto status = js_DeleteConsumer(context.js.get(), stream.c_str(), durable.c_str(), nullptr, &context.code);
    if (status != NATS_OK && context.code != JSConsumerNotFoundErr && context.code != JSStreamNotFoundErr) {
        return failed("deleting consumer", stream + "/" + durable, status);
    }
    return Done{};
}

Result<std::vector<std::string>> stream_names(natsConnection* connection) {
    Context context(connection);
    jsStreamNamesList* list = nullptr;
    const auto status = js_StreamNames(&list, context.js.get(), nullptr, &context.code);
    const std::unique_ptr<jsStreamNamesList, decltype(&jsStreamNamesList_Destroy)> owned(list, &jsStreamNamesList_Destroy);
    if (status == NATS_NOT_FOUND) return std::vector<std::string>{};
    if (status != NATS_OK) return failed("asking for", "the streams", status);
    return std::vector<std::string>(list->List, list->List + list->Count);
}

Result<std::optional<StreamState>> stream_state(natsConnection* connection, const std::string& name) {
    Context context(connection);
    natsStatus status = NATS_OK;
    const auto info = stream_info(context, name, status);
    if (status == NATS_NOT_FOUND) return std::optional<StreamState>{};
    if (!info) return failed("asking for stream", name, status);
    return std::optional{StreamState{info->State.Msgs, info->State.FirstSeq, info->State.LastSeq, info->State.Bytes}};
}

Result<std::optional<ConsumerState>> consumer_state(natsConnection* connection, const std::string& stream, const std::string& durable) {
    Context context(connection);
    natsStatus status = NATS_OK;
    const auto info = consumer_info(context, stream, durable, status);
    if (status == NATS_NOT_FOUND) return std::optional<ConsumerState>{};
    if (!info) return failed("asking for consumer", stream + "/" + durable, status);
    return std::optional{ConsumerState{info->NumPending, static_cast<std::uint64_t>(info->NumAckPending), info->Delivered.Stream,
                                       static_cast<std::uint64_t>(info->NumWaiting), info->AckFloor.Stream}};
}

}  // namespace sonde::bus::management
