using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using IoTBackend.Stack;

namespace EndToEnd.Tests;

/// <summary>Runs the npm clients other people would use.</summary>
internal static class Node
{
    private static readonly string Folder = Path.Combine(StackLayout.OfThisBuild().Root, "tests", "EndToEnd.Tests", "node");

    public static async Task<JsonNode> RunAsync(string script, object input)
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules")), $"Run 'npm ci' in {Folder}, or scripts/test.");
        using var node = Process.Start(new ProcessStartInfo("node", [script])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(input));
        node.StandardInput.Close();
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        Assert.True(output.Length > 0, $"{script} said nothing. {await errors}");
        return JsonNode.Parse(output)!;
    }
}
