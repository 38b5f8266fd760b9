using System.Buffers.Text;
using IoTBackend.Core.Devices.Enrolment;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices;

/// <summary>Settings <c>Devices__*</c>.</summary>
public sealed class DevicesOptions
{
    public const string Section = "Devices";

    /// <summary>Base64 of at least 32 random bytes; required. Changing it revokes every device's keys, and channels' secrets must be set again.</summary>
    public string MasterKey { get; set; } = "";

    /// <summary>Host that <c>sr</c> must name; default: not compared.</summary>
    public string? HostName { get; set; }

    public const string MasterKeyRule = "Devices__MasterKey must be base64 of at least 32 random bytes, for example from: openssl rand -base64 32";

    public bool HasMasterKey => Base64.IsValid(MasterKey, out var bytes) && bytes >= DeviceKeys.MinMasterBytes;

    public SealedSecrets CreateSealedSecrets() => new(Convert.FromBase64String(MasterKey));

    public ClaimTokens CreateClaimTokens() => new(Convert.FromBase64String(MasterKey));

    public DeviceKeys CreateKeys() => new(Convert.FromBase64String(MasterKey));
}
