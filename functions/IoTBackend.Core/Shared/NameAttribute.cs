using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Core.Shared;

/// <summary>A name an operator chooses, or a list of them: see <see cref="Name"/> for its alphabet.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameAttribute : ValidationAttribute
{
    /// <summary>The alphabet as a regular expression, for the API's description.</summary>
    public const string Pattern = "^[A-Za-z0-9._:-]{1,128}$";

    public override bool IsValid(object? value) => value switch
    {
        string name => Name.IsValid(name),
        IEnumerable<string> names => names.All(name => Name.IsValid(name)),
        _ => true,
    };

    public override string FormatErrorMessage(string name) => Name.Check(name, null) ?? "";
}
