using System.CommandLine;
using System.Globalization;

namespace IoTBackend.Cli.Commands;

/// <summary>Numbers within bounds.</summary>
internal static class Bounds
{
    /// <summary>From 0 to the limit.</summary>
    public static Option<T> Upto<T>(Option<T> option, double most)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= most))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} needs a number up to {most:N0}."));
        });
        return option;
    }
}
