using System.Text.Json;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Adapters.Alerts.Episodes;

/// <summary>Alert steps and notices as messages and rows. Evidence for which there is no room is left out, the largest first.</summary>
public static class AlertMessage
{
    /// <summary>
    /// Bytes of JSON. A queue message holds 64 KiB in base64, but the alert that comes of it is a table's string of 32,767
    /// characters, in a delivery with some more around it.
    /// </summary>
    internal const int MaxBytes = 28 * 1024;

    /// <summary>Evidence that says that some of it was left out.</summary>
    internal const string Truncated = "truncated";

    public static byte[] Of(AlertTransition step) =>
        Fit(step.Evidence, evidence => JsonSerializer.SerializeToUtf8Bytes(step with { Evidence = evidence }, WireJson.Options));

    /// <summary>The notice as it fits into a table's string; why the alert was raised was told when it was.</summary>
    internal static Notice Fit(Notice notice) => JsonSerializer.Deserialize<Notice>(
        Fit(notice.Alert.Evidence, evidence => JsonSerializer.SerializeToUtf8Bytes(notice with { Alert = notice.Alert with { Evidence = evidence, Raise = null } }, WireJson.Options)), WireJson.Options)!;

    public static T Read<T>(BinaryData message)
        where T : class =>
        JsonSerializer.Deserialize<T>(message.ToMemory().Span, WireJson.Options) ?? throw new InvalidDataException("The message is empty.");

    private static byte[] Fit(IReadOnlyDictionary<string, object> evidence, Func<IReadOnlyDictionary<string, object>, byte[]> serialize)
    {
        var message = serialize(evidence);
        var left = new Dictionary<string, object>(evidence);
        while (message.Length > MaxBytes && left.Any(e => e.Key != Truncated))
        {
            left.Remove(left.Where(e => e.Key != Truncated).MaxBy(e => JsonSerializer.SerializeToUtf8Bytes(e.Value, WireJson.Options).Length).Key);
            left[Truncated] = true;
            message = serialize(left);
        }

        return message;
    }
}
