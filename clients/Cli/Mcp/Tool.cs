using System.Reflection;
using IoTBackend.Cli.Output;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace IoTBackend.Cli.Mcp;

/// <summary>Between the API's answers and the protocol's.</summary>
internal static class Tool
{
    /// <summary>The document as dense JSON.</summary>
    /// <exception cref="McpException">What was wrong, as the assistant may read it.</exception>
    public static async Task<string> AnswerAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return JsonLines.One(await call());
        }
        catch (CliException failed)
        {
            throw new McpException(failed.Message);
        }
    }

    /// <summary>The methods of a class that are tools.</summary>
    public static IEnumerable<McpServerTool> Of(object tools) =>
        from method in tools.GetType().GetMethods()
        where method.GetCustomAttribute<McpServerToolAttribute>() is not null
        select McpServerTool.Create(method, tools);
}
