using System.Security.Cryptography;
using System.Text;

namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>How a device came to be registered by itself. Stays with it; an operator's registration of the id after its removal has none.</summary>
/// <param name="Claim">Id of the claim.</param>
/// <param name="Proof">
/// SHA-256, in hexadecimal digits, of the claim's id, the device's and the nonce it sent: only the device that enrolled can ask again,
/// not the next one with the same claim.
/// </param>
public sealed record Enrolled(string Claim, string Proof, DateTimeOffset At)
{
    public static Enrolled Of(string claim, EnrolRequest request, DateTimeOffset at) => new(
        claim, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{claim}\n{request.DeviceId}\n{request.Nonce}"))), at);

    /// <summary>The device is the one that this enrolment made, and has the key it got then.</summary>
    public bool Made(StoredDevice stored) =>
        stored is { Deleted: false, Device: { Enabled: true, KeyGeneration: DeviceKeys.FirstGeneration, Enrolled: { } enrolled } }
        && enrolled.Claim == Claim
        && Proves(enrolled.Proof);

    public bool Proves(string proof) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(proof), Encoding.ASCII.GetBytes(Proof));
}
