using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>What an operator says of devices that may enrol by themselves, and how many may, for how long.</summary>
public sealed record ClaimRequest : RegistrationRequest
{
    /// <summary>What each enrolment looks through: see <see cref="EnrolDevice"/>.</summary>
    public const int MaxUses = 1000;

    /// <summary>Devices that may enrol with it.</summary>
    [Range(1, MaxUses)]
    public int Uses { get; init; } = 1;

    [DurationRange("PT1M", "P30D")]
    public TimeSpan ExpiresIn { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What the ids of these devices begin with; null = any id may enrol.</summary>
    [Name]
    public string? IdPrefix { get; init; }
}

/// <summary>A permission to enrol, as it is kept: its token is not.</summary>
/// <param name="Id">20 hexadecimal digits.</param>
public sealed record Claim(string Id, ClaimRequest Asked, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt = null)
{
    /// <summary>How long it is told afterwards who came in with it.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(90);

    [JsonIgnore]
    public DateTimeOffset ExpiresAt => CreatedAt + Asked.ExpiresIn;

    public bool IsOpen(DateTimeOffset now) => RevokedAt is null && now < ExpiresAt;

    public bool IsFor(string deviceId) => Asked.IdPrefix is not { } prefix || deviceId.StartsWith(prefix, StringComparison.Ordinal);
}

/// <summary>A place that a device has taken in a claim; it is never given back.</summary>
/// <param name="Proof">See <see cref="Enrolled"/>.</param>
public sealed record ClaimUse(string DeviceId, string Proof, DateTimeOffset At);
