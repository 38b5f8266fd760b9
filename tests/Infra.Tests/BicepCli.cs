using System.Diagnostics;

namespace Infra.Tests;

/// <summary>One run of the Bicep command line, about three seconds each; <see cref="BicepSession"/> is quicker for many questions.</summary>
internal static class BicepCli
{
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.Bicep, arguments)
        {
            WorkingDirectory = Repository.Path("infra"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        RemoveParameterVariables(start);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>The parameter files read these; a developer's own must not change what the tests see.</summary>
    internal static void RemoveParameterVariables(ProcessStartInfo start)
    {
        foreach (var name in new[] { "AZURE_ENV_NAME", "AZURE_LOCATION", "OPERATOR_EMAIL", "BUDGET_FROM", "DEVICE_MASTER_KEY", "SIGN_IN_CLIENT_ID", "SIGN_IN_TENANT_ID", "CONSOLE_KEY" })
            start.Environment.Remove(name);
    }
}
