using System.Diagnostics;
using IoTBackend.Stack;

namespace EndToEnd.Tests.Console;

/// <summary>The console as it is built.</summary>
public sealed class BuildTests
{
    internal static string Folder { get; } = Path.Combine(StackLayout.OfThisBuild().Root, "clients", "console");

    [Fact]
    public async Task The_code_is_of_the_types_that_the_APIs_description_has()
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "typescript")), $"Run 'npm ci' in {Folder}, or scripts/test.");
        using var check = Process.Start(new ProcessStartInfo("npm", ["run", "--silent", "check"]) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = check.StandardError.ReadToEndAsync();
        var said = await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        Assert.True(check.ExitCode == 0, said + await errors);
    }

    [Fact]
    public void All_of_it_together_is_at_most_120_kilobytes_on_the_wire() =>
        Assert.InRange(Directory.EnumerateFiles(Path.Combine(Folder, "dist"), "*.br", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), 20_000, 120_000);
}
