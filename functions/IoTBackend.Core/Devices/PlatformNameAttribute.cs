using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace IoTBackend.Core.Devices;

/// <summary>A platform as the OCI image specification writes it, in the spelling of Go's GOOS and GOARCH.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed partial class PlatformNameAttribute : ValidationAttribute
{
    /// <summary>The form as a regular expression, for the API's description.</summary>
    public const string Pattern = "^[a-z0-9]{1,32}/[a-z0-9_]{1,32}(/[a-z0-9.]{1,32})?$";

    public override bool IsValid(object? value) => value is not string platform || Platforms().IsMatch(platform);

    public override string FormatErrorMessage(string name) => $"{name} must be os/architecture[/variant], for example linux/arm64/v8.";

    [GeneratedRegex(@"\A[a-z0-9]{1,32}/[a-z0-9_]{1,32}(/[a-z0-9.]{1,32})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Platforms();
}
