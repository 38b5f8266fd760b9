using System.ComponentModel.DataAnnotations;
using System.Xml;

namespace IoTBackend.Core.Shared;

/// <summary>The shortest and the longest duration a property may have, both included, as ISO 8601 writes them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationRangeAttribute(string minimum, string maximum) : ValidationAttribute
{
    public string Minimum { get; } = minimum;

    public string Maximum { get; } = maximum;

    public override bool IsValid(object? value) =>
        value is not TimeSpan duration || (duration >= XmlConvert.ToTimeSpan(Minimum) && duration <= XmlConvert.ToTimeSpan(Maximum));

    public override string FormatErrorMessage(string name) => $"{name} must be {Minimum} to {Maximum}.";
}
