using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Shared;

namespace IoTBackend.Core.Devices.Enrolment;

/// <summary>What a device says to get a key of its own.</summary>
public sealed record EnrolRequest : IValidated
{
    private const int MinNonce = 16;
    private const int MaxNonce = 128;

    /// <summary>The claim's token, from the image or from whoever sets the device up.</summary>
    [MaxLength(128)]
    public required string Token { get; init; }

    /// <summary>Chosen by the device: a serial number, say.</summary>
    [Name]
    public required string DeviceId { get; init; }

    /// <summary>
    /// 16 to 128 characters of <c>A-Z a-z 0-9 - _</c> that the device has made at random and kept before it asks for the first time:
    /// who asks again with the same one is given the same answer.
    /// </summary>
    [MinLength(MinNonce), MaxLength(MaxNonce)]
    public required string Nonce { get; init; }

    /// <summary>Counts where the claim names none; without either the model's does.</summary>
    [PlatformName]
    public string? Platform { get; init; }

    public IEnumerable<string> Errors()
    {
        if (!Nonce.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            yield return "nonce must have characters of A-Z a-z 0-9 - _ only.";
    }
}
