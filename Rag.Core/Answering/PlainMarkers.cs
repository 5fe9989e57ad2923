namespace Rag.Core.Answering;

/// <summary>A source's own markers.</summary>
internal static class PlainMarkers
{
    /// <summary>Rewrites each <c>[12]</c> as <c>(12)</c>, so that nothing but a checked citation looks like one.</summary>
    public static string Defused(string text)
    {
        char[]? defused = null;
        var open = -1;
        for (var i = 0; i < text.Length; i++)
        {
            if (MarkerText.IsOpening(text[i]))
            {
                open = i;
            }
            else if (MarkerText.IsClosing(text[i]) && open >= 0)
            {
                if (MarkerText.Read(text.AsSpan(open + 1, i - open - 1)) == Within.Marker)
                {
                    defused ??= text.ToCharArray();
                    (defused[open], defused[i]) = ('(', ')');
                }

                open = -1;
            }
        }

        return defused is null ? text : new string(defused);
    }
}
