using System.Security.Cryptography;
using System.Text;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Alerts.Deliveries;

/// <summary>One notice on its way to one channel: a message of the queue <c>alert-deliveries</c>.</summary>
/// <param name="Id">The same for all attempts, and for every repetition of the step: receivers tell duplicates by it.</param>
/// <param name="Channel">The channel's name.</param>
/// <param name="Notice">What to tell.</param>
/// <param name="Since">When the first attempt was due.</param>
/// <param name="Attempts">Attempts that failed.</param>
/// <param name="TraceParent">W3C trace context of the step it tells of.</param>
public sealed record Delivery(
    string Id, string Channel, AlertNotice Notice, DateTimeOffset Since, int Attempts = 0, string? TraceParent = null)
{
    public static Delivery Of(AlertNotice notice, Channel channel, DateTimeOffset now)
    {
        // Only what made it worse can be said more than once in an alert's life.
        var occurrence = notice.WorseThan is null ? "" : notice.Alert.WorstSeverity.ToString();
        var identity = $"{notice.Alert.Id}\n{notice.Type}\n{channel.Name}\n{occurrence}";
        return new("msg_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16)), channel.Name, notice, now);
    }
}

/// <summary>A delivery that was given up, for an operator to look at and send again.</summary>
/// <param name="Delivery">What was to be delivered.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="At">When it was given up.</param>
public sealed record DeadDelivery(Delivery Delivery, string Reason, DateTimeOffset At);
