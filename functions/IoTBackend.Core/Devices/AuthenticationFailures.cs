using System.Text.Json;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Devices;

/// <summary>
/// Counts failed authentications by the device they name, and says when there are many: a stolen id, or a device with a
/// wrong key or clock. One episode per device, revised at most once a window while it goes on. Safe for concurrent use.
/// </summary>
public sealed class AuthenticationFailures(TimeProvider time)
{
    /// <summary>Failures within one <see cref="Window"/> that make an episode.</summary>
    public const int Threshold = 20;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>An episode of which nothing was said for so long is over.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(15);

    /// <summary>Names counted at a time, about 200 bytes each. A flood of made-up names drops the counts, it does not fill the memory.</summary>
    internal const int MaxDevices = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Count> _counts = new(StringComparer.Ordinal);

    /// <summary>A step of an episode, when this failure is the one that makes it worth saying; else null.</summary>
    public AlertTransition? Record(string deviceId, AuthenticationResult result)
    {
        if (!Name.IsValid(deviceId))
            return null;
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_counts.TryGetValue(deviceId, out var count))
            {
                if (_counts.Count >= MaxDevices)
                    MakeRoom(now);
                _counts.Add(deviceId, count = new(now));
            }

            return count.Add(result, now) ? Step(deviceId, count, now) : null;
        }
    }

    private static AlertTransition Step(string deviceId, Count count, DateTimeOffset now)
    {
        var change = count.RaisedAt is not null && now - count.SaidAt < Quiet ? AlertChange.Revised : AlertChange.Opened;
        // On a grid as wide as the quiet time: instances that see the same attack raise one episode, and never one that was cleared.
        var raised = change == AlertChange.Revised && count.RaisedAt is { } known ? known : new(now.Ticks - (now.Ticks % Quiet.Ticks), TimeSpan.Zero);
        (count.RaisedAt, count.SaidAt) = (raised, now);
        return new()
        {
            AlertId = AlertTransition.IdOf(deviceId, AlertKind.SecurityAuthFailures, raised),
            Change = change,
            Kind = AlertKind.SecurityAuthFailures,
            Severity = Severity.Warning,
            DeviceId = deviceId,
            Summary = $"{Threshold} or more failed authentications name device {deviceId} within {Window.TotalMinutes:0} min, most of them {Words(count.Commonest)}.",
            RaisedAt = raised,
            At = now,
            Evidence = new Dictionary<string, object> { ["failures"] = count.Total, ["windowSeconds"] = (int)Window.TotalSeconds, ["commonest"] = JsonNamingPolicy.CamelCase.ConvertName(count.Commonest.ToString()) },
        };
    }

    private static string Words(AuthenticationResult result) => result switch
    {
        AuthenticationResult.Missing => "without a credential",
        AuthenticationResult.Malformed => "with a credential of another form",
        AuthenticationResult.WrongDevice => "with a credential of another device",
        AuthenticationResult.Expired => "expired",
        AuthenticationResult.TooLong => "made to last longer than allowed",
        AuthenticationResult.WrongSignature => "with a wrong signature",
        AuthenticationResult.Revoked => "with a revoked key",
        AuthenticationResult.Valid or _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };

    private void MakeRoom(DateTimeOffset now)
    {
        foreach (var (deviceId, count) in _counts)
        {
            if (now - count.Start >= Window && (count.RaisedAt is null || now - count.SaidAt >= Quiet))
                _counts.Remove(deviceId);
        }

        if (_counts.Count >= MaxDevices)
            _counts.Clear();
    }

    private sealed class Count(DateTimeOffset start)
    {
        private readonly int[] _byResult = new int[Enum.GetValues<AuthenticationResult>().Length];

        public DateTimeOffset Start { get; private set; } = start;

        public int Total { get; private set; }

        public DateTimeOffset? RaisedAt { get; set; }

        public DateTimeOffset SaidAt { get; set; }

        public AuthenticationResult Commonest => (AuthenticationResult)Array.IndexOf(_byResult, _byResult.Max());

        /// <summary>True for the failure that reaches the threshold of this window.</summary>
        public bool Add(AuthenticationResult result, DateTimeOffset now)
        {
            if (now - Start >= Window)
            {
                (Start, Total) = (now, 0);
                Array.Clear(_byResult);
            }

            _byResult[(int)result]++;
            return ++Total == Threshold;
        }
    }
}
