using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Alerts.Deliveries;

/// <summary>Reads what version 0.1 left in the queue and among the dead letters: <c>{"channel","notice":{"type","alert","at"},"since"}</c>.</summary>
public static class OldDelivery
{
    /// <summary>What a message of the queue <c>alert-deliveries</c> owes its channel; null = it is a call of today's.</summary>
    public static (string Channel, Notice Notice)? FromMessage(BinaryData message) => Read(JsonNode.Parse(message.ToMemory().Span));

    internal static Undelivered? FromDeadDelivery(string document) =>
        JsonNode.Parse(document) is JsonObject json && Read(json["delivery"]) is var (channel, notice)
            ? new(channel, notice, (string?)json["reason"] ?? "", json["at"].Deserialize<DateTimeOffset>(WireJson.Options))
            : null;

    private static (string Channel, Notice Notice)? Read(JsonNode? delivery) => delivery?["notice"] is not JsonObject notice ? null : (
        (string?)delivery["channel"] ?? "",
        new()
        {
            Type = notice["type"].Deserialize<NoticeType>(WireJson.Options),
            Alert = notice["alert"].Deserialize<Alert>(WireJson.Options)!,
            At = notice["at"].Deserialize<DateTimeOffset>(WireJson.Options),
            Since = delivery["since"].Deserialize<DateTimeOffset>(WireJson.Options),
            Occurrence = notice["worseThan"] is null ? "" : notice["alert"]!["worstSeverity"].Deserialize<Core.Signals.Severity>(WireJson.Options).ToString(),
        });
}
