/* run_parts */
