using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace IoTBackend.FunctionsHost.Settings;

/// <summary>Reads typed values with defaults and ranges and collects what is wrong with them.</summary>
internal sealed class Values(IConfiguration source)
{
    private readonly List<string> errors = [];

    public string Text(string key, string @default) => source[key] ?? @default;

    public int Integer(string key, int @default, int min, int max)
    {
        if (source[key] is not { Length: > 0 } text)
            return @default;
        var valid = int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max;
        Require(valid, key, $"must be a whole number from {min} to {max}");
        return valid ? value : @default;
    }

    public TimeSpan Duration(string key, TimeSpan @default, TimeSpan min, TimeSpan max)
    {
        if (source[key] is not { Length: > 0 } text)
            return @default;
        var valid = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max;
        Require(valid, key, $"must be a time span from {min} to {max}");
        return valid ? value : @default;
    }

    public string Choice(string key, params string[] options)
    {
        if (source[key] is not { Length: > 0 } text)
            return options[0];
        var choice = options.FirstOrDefault(option => option.Equals(text, StringComparison.OrdinalIgnoreCase));
        Require(choice is not null, key, "must be one of " + string.Join(", ", options));
        return choice ?? options[0];
    }

    public void Require(bool valid, string key, string rule)
    {
        if (!valid)
            errors.Add($"{key.Replace(':', '.')} {rule}");
    }

    public void ThrowIfInvalid(string where)
    {
        if (errors.Count > 0)
            throw new HostException($"{where}: {string.Join("; ", errors)}.");
    }
}
